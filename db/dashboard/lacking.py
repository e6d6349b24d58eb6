"""What Run would mend: what lacks a queue's result and no unfinished job covers."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import library_settings
from db.models.videos import HASHES
from db.requests.targets import LACKING
from db.results import RESULTS

_ONE = """
    SELECT '{queue}' AS queue_name, count(*) AS lacking FROM {lacks} AND NOT EXISTS (
        SELECT FROM job_runs AS job
        WHERE job.queue_name = '{queue}' AND job.target_type = '{target_type}'
          AND job.target_id = CAST(target.id AS text) AND job.status IN ('queued', 'running'))
"""
#: Of the queues whose results are no columns of a file: the type of their targets, and which of those lack it.
_OTHERS = {
    "hls-transcode": (
        "video",
        "hls_sets JOIN videos AS target ON target.id = video_id"
        " WHERE hls_sets.revision IS DISTINCT FROM target.revision AND missing_since IS NULL",
    ),
    "identify": (
        "video",
        f"videos AS target WHERE looked_up_by IS DISTINCT FROM {HASHES} AND {HASHES} IS NOT NULL"
        " AND missing_since IS NULL AND EXISTS (SELECT FROM stash_boxes WHERE enabled)",
    ),
    "metadata-import": (
        "identify_result",
        "identify_results AS target WHERE target.status = 'accepted' AND applied_at IS NULL",
    ),
    "collection-refresh": (
        "collection",
        "collections AS target WHERE rules IS NOT NULL AND refreshed_revision IS DISTINCT FROM revision",
    ),
    **LACKING,
}


def lacking(conn: Connection) -> dict[str, int]:
    """How many targets lack each queue's result. A file that is missing is not counted."""
    settings = library_settings.read(conn)
    files = {
        queue: (
            results.target_type,
            f"{results.table} AS target WHERE {results.lacks(settings)} AND missing_since IS NULL",
        )
        for queue, results in RESULTS.items()
    }
    counts = [
        _ONE.format(queue=queue, target_type=target_type, lacks=lacks)
        for queue, (target_type, lacks) in (files | _OTHERS).items()
    ]
    return {row.queue_name: row.lacking for row in conn.execute(text(" UNION ALL ".join(counts)))}
