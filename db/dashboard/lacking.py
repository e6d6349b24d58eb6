"""What Run would mend: files without a queue's result that no unfinished job covers."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import library_settings
from db.results import RESULTS

_ONE = """
    SELECT '{queue}' AS queue_name, count(*) AS lacking FROM {table} AS file
    WHERE {lacks} AND missing_since IS NULL AND NOT EXISTS (
        SELECT FROM job_runs
        WHERE queue_name = '{queue}' AND target_type = '{target_type}' AND target_id = CAST(file.id AS text)
          AND status IN ('queued', 'running'))
"""
_SETS = """
    SELECT 'hls-transcode', count(*) FROM hls_sets JOIN videos ON videos.id = video_id
    WHERE hls_sets.revision IS DISTINCT FROM videos.revision AND missing_since IS NULL AND NOT EXISTS (
        SELECT FROM job_runs
        WHERE queue_name = 'hls-transcode' AND target_type = 'video' AND target_id = CAST(video_id AS text)
          AND status IN ('queued', 'running'))
"""


def lacking(conn: Connection) -> dict[str, int]:
    """How many files lack each queue's result. A file that is missing is not counted."""
    settings = library_settings.read(conn)
    files = [
        _ONE.format(queue=queue, table=results.table, lacks=results.lacks(settings), target_type=results.target_type)
        for queue, results in RESULTS.items()
    ]
    counts = conn.execute(text(" UNION ALL ".join([*files, _SETS])))
    return {row.queue_name: row.lacking for row in counts}
