"""Keeps the counts of jobs short: see `db.models.totals`."""

from __future__ import annotations

from sqlalchemy import Connection, text

# One statement, so that nobody sees the differences twice or not at all.
_FOLD = text("""
    WITH folded AS (DELETE FROM job_totals RETURNING queue_name, status, jobs)
    INSERT INTO job_totals (queue_name, status, jobs)
    SELECT queue_name, status, sum(jobs) FROM folded GROUP BY 1, 2 HAVING sum(jobs) <> 0
""")


def fold(conn: Connection) -> None:
    """Add the differences up: one row per queue and status is left. Cheap; to be called each minute or so."""
    conn.execute(_FOLD)
