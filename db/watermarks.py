"""Which jobs are older than a moment, by their ids: see `db.models.ledger.JobWatermark`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

#: A row is written for each thousand jobs at most: so many are read in vain, besides those of the minute before.
STEP = 1_000

# The clock is read after the ids: whatever begins at that time or later gets a larger one.
_MARK = text("""
    INSERT INTO job_watermarks (id, reached_at)
    SELECT newest.id, clock_timestamp() FROM (SELECT max(id) AS id FROM job_runs) AS newest
    WHERE newest.id >= :step + coalesce((SELECT max(id) FROM job_watermarks), 0)
    ON CONFLICT (id) DO NOTHING
""")
_REACHED = text("""
    SELECT id FROM job_watermarks WHERE reached_at <= :moment ORDER BY reached_at DESC LIMIT 1
""")


def mark(conn: Connection) -> None:
    """Write down how far ids have come, if that is far enough from the last time.

    Cheap; to be called each minute or so.
    """
    conn.execute(_MARK, {"step": STEP})


def reached(conn: Connection, moment: datetime) -> int:
    """An id that no job enqueued at this moment or later has, nor any smaller one; 0 where nothing is known."""
    return conn.scalar(_REACHED, {"moment": moment}) or 0
