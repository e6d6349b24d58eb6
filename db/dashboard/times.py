"""Where a time lies among the ids of jobs, so that its jobs are found by the indexes that narrow the logs.

A row takes its id and right after it its `created_at` from the clock: of two rows the one with the larger id is the
later one, or by less than `APART` the earlier. So times are looked up as in a sorted list, by halves, and there is no
index on them, which each claim and each end of a job would write to.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from db.ledger.waiting import IS_WAITING

#: How long a process may take between the two at most, while others go on (seconds).
APART = 5.0
#: So many ids are not halved any more: those jobs are read.
FEW = 100

# Each half takes one look into the index. The first job behind the middle says on which side the time lies.
_HALVED = text("""
    WITH RECURSIVE halved AS (
        SELECT coalesce(min(id), 1) - 1 AS below, coalesce(max(id), 0) + 1 AS above FROM job_runs
        UNION ALL
        SELECT CASE WHEN found.is_earlier THEN found.id ELSE below END,
               CASE WHEN found.is_earlier THEN above ELSE (below + above) / 2 END
        FROM halved, LATERAL (
            SELECT id, created_at < CAST(:moment AS timestamptz) + make_interval(secs => :apart) AS is_earlier
            FROM job_runs WHERE id >= (below + above) / 2 ORDER BY id LIMIT 1) AS found
        WHERE above - below > :few
    )
    SELECT below, above FROM halved ORDER BY above - below LIMIT 1
""")


def below(conn: Connection, moment: datetime) -> int:
    """An id that no job enqueued at this moment or later has, nor any smaller one."""
    return _halved(conn, moment, -APART)[0]


def above(conn: Connection, moment: datetime) -> int:
    """An id that no job enqueued before this moment has, nor any larger one."""
    return _halved(conn, moment, APART)[1]


# The index of claims alone is asked, which has the ids, but not in order: by the primary key all jobs would be read.
_UNFINISHED = text(f"""
    SELECT array_agg(id) FROM (
        SELECT id FROM job_runs
        WHERE {IS_WAITING} AND id + 0 > :below AND id + 0 < :above AND queue_name = coalesce(:queue, queue_name)
        UNION ALL SELECT id FROM job_runs WHERE lease_owner IS NOT NULL AND id + 0 > :below AND id + 0 < :above
        LIMIT :most + 1
    ) AS unfinished
""")  # noqa: S608  (constants)


def unfinished(
    conn: Connection, since: datetime | None, until: datetime, queue: str | None, *, most: int
) -> list[int] | None:
    """The ids of at least all jobs of this time, and of this queue, that have not ended; None where they are more."""
    window = {"below": below(conn, since) if since else 0, "above": above(conn, until)}
    found: list[int] = conn.scalar(_UNFINISHED, {**window, "queue": queue, "most": most}) or []
    return found if len(found) <= most else None


def _halved(conn: Connection, moment: datetime, apart: float) -> tuple[int, int]:
    found = conn.execute(_HALVED, {"moment": moment, "apart": apart, "few": FEW}).one()
    return found.below, found.above
