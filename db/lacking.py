"""How many files lack each queue's result and no unfinished job covers: see `db.models.lacking`."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import library_settings, nsfw
from db.library_settings import Settings
from db.models.lacking import BLOCK, FILES
from db.models.videos import HASHES
from db.results import RESULTS

# `OFFSET 0`: each file asks the index for its own job, instead of all jobs being gathered for a few files.
_COUNT = """
    SELECT '{queue}' AS queue_name, block, is_nsfw, files FROM touched, LATERAL (
        SELECT is_nsfw, CAST(count(*) AS int) AS files FROM {table} AS target
        WHERE id >= block << {bits} AND id < (block + 1) << {bits} AND missing_since IS NULL AND {lacks}
          AND NOT EXISTS (
            SELECT FROM job_runs AS job
            WHERE job.queue_name = '{queue}' AND job.target_type = '{target_type}'
              AND job.target_id = CAST(target.id AS text) AND job.status IN ('queued', 'running') OFFSET 0)
        GROUP BY is_nsfw) AS counted
    WHERE queue_name = '{queue}'
"""
_READ = """
    WITH touched AS MATERIALIZED (SELECT DISTINCT queue_name, block FROM lacking_touched)
    SELECT queue_name, CAST(sum(files) AS bigint) AS lacking FROM (
        SELECT queue_name, is_nsfw, files FROM lacking_counts
        WHERE (queue_name, block) NOT IN (SELECT queue_name, block FROM touched)
        UNION ALL SELECT queue_name, is_nsfw, files FROM ({counted}) AS anew
    ) AS all_of_them
    WHERE NOT (is_nsfw AND :hide) GROUP BY queue_name
"""
_NOTHING = "SELECT queue_name, block, is_nsfw, files FROM lacking_counts WHERE false"
# One statement sees one instant: a block that somebody touches meanwhile stays touched.
_FOLD = """
    WITH folded AS (DELETE FROM lacking_touched RETURNING queue_name, block),
    touched AS MATERIALIZED (SELECT DISTINCT queue_name, block FROM folded),
    outdated AS (
        DELETE FROM lacking_counts AS old USING touched
        WHERE old.queue_name = touched.queue_name AND old.block = touched.block
    )
    INSERT INTO lacking_counts (queue_name, block, is_nsfw, files) {counted}
"""
_TOUCHED = text("SELECT DISTINCT queue_name FROM lacking_touched")
# Two folds at once could leave the count of the older instant.
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('darkroom lacking', 0))")


def read(conn: Connection) -> dict[str, int]:
    """The counts of the queues whose results are columns of a file, and of `identify` as if somebody could be asked;
    a queue that nothing lacks is left out. What is NSFW does not count where it is hidden.

    In a transaction that sees one instant.
    """
    hide = nsfw.hides(conn)
    with nsfw.everything(conn):
        rows = conn.execute(text(_READ.format(counted=_counted(conn))), {"hide": hide}).all()
    return {row.queue_name: row.lacking for row in rows}


def fold(conn: Connection) -> None:
    """Count the touched blocks, unless somebody else is at it. Cheap where none is; call it every few seconds."""
    if conn.execute(_TOUCHED).first() and conn.scalar(_ALONE):
        conn.execute(text(_FOLD.format(counted=_counted(conn, everything=True))))


def _counted(conn: Connection, *, everything: bool = False) -> str:
    """The statement that counts the touched blocks; of the queues that have some, or of all."""
    settings, touched = library_settings.read(conn), set(conn.scalars(_TOUCHED))
    counts = [
        _COUNT.format(queue=queue, table=table, target_type=target_type, bits=BLOCK, lacks=_lacks(queue, settings))
        for table, (target_type, queues) in FILES.items()
        for queue in dict(queues)
        if everything or queue in touched
    ]
    return " UNION ALL ".join(counts) or _NOTHING


def _lacks(queue: str, settings: Settings) -> str:
    if queue == "identify":
        return f"looked_up_by IS DISTINCT FROM {HASHES} AND {HASHES} IS NOT NULL"
    return RESULTS[queue].lacks(settings)
