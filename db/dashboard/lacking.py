"""What Run would mend: what lacks a queue's result and no unfinished job covers."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import lacking as files
from db.requests.targets import LACKING

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
_COUNT = text(
    " UNION ALL ".join(
        _ONE.format(queue=queue, target_type=target_type, lacks=lacks)
        for queue, (target_type, lacks) in _OTHERS.items()
    )
)
_SOMEBODY_TO_ASK = text("SELECT EXISTS (SELECT FROM stash_boxes WHERE enabled)")


def lacking(conn: Connection) -> dict[str, int]:
    """How many targets lack each queue's result. A file that is missing is not counted."""
    found = files.read(conn) | {row.queue_name: row.lacking for row in conn.execute(_COUNT)}
    return found if conn.scalar(_SOMEBODY_TO_ASK) else found | {"identify": 0}
