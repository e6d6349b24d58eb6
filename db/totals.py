"""Keeps the counts of jobs short: see `db.models.totals`."""

from __future__ import annotations

from sqlalchemy import Connection, text

# One statement, so that nobody sees the differences twice or not at all.
_FOLD = text("""
    WITH folded AS (DELETE FROM job_totals RETURNING queue_name, status, is_nsfw, jobs)
    INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
    SELECT queue_name, status, is_nsfw, sum(jobs) FROM folded GROUP BY 1, 2, 3 HAVING sum(jobs) <> 0
""")


_FOLD_RATES = text("""
    WITH folded AS (DELETE FROM job_rates RETURNING queue_name, status, minute, jobs)
    INSERT INTO job_rates (queue_name, status, minute, jobs)
    SELECT queue_name, status, minute, sum(jobs) FROM folded
    WHERE minute >= now() - interval '24 hours' GROUP BY 1, 2, 3
""")


def fold(conn: Connection) -> None:
    """Add the differences up: one row per queue, status and `is_nsfw` is left, and per minute of the last day.

    Cheap; to be called each minute or so.
    """
    conn.execute(_FOLD)
    conn.execute(_FOLD_RATES)
