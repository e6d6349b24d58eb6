"""What Run would mend: videos without a queue's result that no unfinished job covers."""

from __future__ import annotations

from sqlalchemy import Connection, text

#: The column that holds the revision of a video that a queue's result was made from.
REVISIONS = {
    "media-probe": "probe_revision",
    "fingerprint": "fingerprint_revision",
    "preview": "preview_revision",
    "extract-subtitles": "subtitles_revision",
}

_ONE = """
    SELECT '{queue}' AS queue_name, count(*) AS lacking FROM videos
    WHERE {column} IS DISTINCT FROM revision AND missing_since IS NULL AND NOT EXISTS (
        SELECT FROM job_runs
        WHERE queue_name = '{queue}' AND target_type = 'video' AND target_id = CAST(videos.id AS text)
          AND status IN ('queued', 'running'))
"""
LACKING = text(" UNION ALL ".join(_ONE.format(queue=queue, column=column) for queue, column in REVISIONS.items()))


def lacking(conn: Connection) -> dict[str, int]:
    """How many videos lack each queue's result. A file that is missing is not counted."""
    return {row.queue_name: row.lacking for row in conn.execute(LACKING)}
