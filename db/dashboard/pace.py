"""How one queue gets on: how long its jobs take, how many fail, how long the oldest has waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import Connection, text

from db.ledger.waiting import FIRST_DUE

#: Of how many of the newest jobs the durations are.
SAMPLE = 1000
#: Where a duration belongs: below the first of these that is longer, or beyond the last (seconds).
BOUNDS = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0)

_DURATIONS = text("""
    SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM job_runs
    WHERE queue_name = :queue AND status = 'completed' AND started_at IS NOT NULL
    ORDER BY finished_at DESC LIMIT :sample
""")
_ENDED = text("""
    SELECT coalesce(sum(jobs), 0)::int AS ended, coalesce(sum(jobs) FILTER (WHERE status = 'failed'), 0)::int AS failed
    FROM job_rates WHERE queue_name = :queue AND status <> 'cancelled' AND minute > now() - interval '24 hours'
""")
# One look into the index for each queue and priority, however long the backlog is.
_OLDEST = text(f"""
    SELECT min(due.run_at) FROM unnest(CAST(:queues AS text[])) AS q(name),
         LATERAL ({FIRST_DUE.format(queue="q.name")}) AS due
    WHERE due.run_at <= now()
""")  # noqa: S608  (constants)


@dataclass(frozen=True)
class Pace:
    """Durations are in seconds, of the newest jobs that were completed; None where there are none."""

    sample: int
    median: float | None
    p95: float | None
    longest: float | None
    #: How many of them are below each of `BOUNDS`, and beyond.
    shares: Sequence[int]
    #: In the last 24 hours, without what was cancelled.
    ended: int
    failed: int
    #: Since when the job that has been due for longest waits.
    oldest_at: datetime | None


def pace(conn: Connection, queue_name: str) -> Pace:
    """How this queue gets on."""
    seconds = sorted(conn.scalars(_DURATIONS, {"queue": queue_name, "sample": SAMPLE}))
    ended = conn.execute(_ENDED, {"queue": queue_name}).one()
    return Pace(
        len(seconds),
        _part(seconds, 0.5),
        _part(seconds, 0.95),
        seconds[-1] if seconds else None,
        _shares(seconds),
        ended.ended,
        ended.failed,
        oldest(conn, [queue_name]),
    )


def oldest(conn: Connection, queues: Sequence[str]) -> datetime | None:
    """Since when the job of these queues that has been due for longest waits; None where none does."""
    found: datetime | None = conn.scalar(_OLDEST, {"queues": list(queues)})
    return found


def _part(seconds: Sequence[float], part: float) -> float | None:
    """The smallest of these that so large a part of them is not above."""
    return seconds[max(0, ceil(len(seconds) * part) - 1)] if seconds else None


def _shares(seconds: Sequence[float]) -> list[int]:
    below = [sum(one < bound for one in seconds) for bound in BOUNDS]
    return [now - before for before, now in zip([0, *below], [*below, len(seconds)], strict=True)]
