"""How much each queue has to do and has done, without looking at the rows that nobody works on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection, text

from db.ledger.waiting import LATER
from flows.queues import QUEUES

TOTALS = text("""
    SELECT queue_name,
           CAST(sum(jobs) FILTER (WHERE status IN ('queued', 'running')) AS bigint) AS unfinished,
           CAST(sum(jobs) FILTER (WHERE status = 'running') AS bigint) AS running,
           CAST(sum(jobs) FILTER (WHERE status = 'failed') AS bigint) AS failed,
           CAST(sum(jobs) FILTER (WHERE status = 'cancelled') AS bigint) AS cancelled,
           CAST(sum(jobs) FILTER (WHERE status = 'completed') AS bigint) AS completed
    FROM job_totals GROUP BY queue_name
""")
LEASED = text("""
    SELECT queue_name,
           count(*) FILTER (WHERE status = 'running' AND cancel_requested_at IS NOT NULL) AS cancelling,
           count(DISTINCT lease_owner) FILTER (WHERE lease_expires_at > now()) AS slots_in_use
    FROM job_runs WHERE lease_owner IS NOT NULL GROUP BY queue_name
""")
_LATER = "count(*) AS jobs, count(*) FILTER (WHERE error IS NOT NULL) AS again, min(run_at) AS next_at"
DELAYED = text(f"""
    SELECT queue_name, CAST(sum(jobs) AS bigint) AS delayed, CAST(sum(again) AS bigint) AS retrying,
           min(next_at) AS next_at
    FROM {LATER.format(columns=_LATER)} WHERE jobs > 0 GROUP BY queue_name
""")  # noqa: S608  (constants)

PAUSES = text("""
    SELECT queue_name, paused_at, paused_by, until FROM queue_pauses WHERE until IS NULL OR until > now()
""")
# Two minutes a bar: the last of the thirty holds the present minute.
RATES = text("""
    SELECT queue_name, CAST(extract(epoch FROM date_trunc('minute', now()) - minute) AS int) / 120 AS ago,
           CAST(sum(jobs) AS bigint) AS jobs
    FROM job_rates WHERE minute > date_trunc('minute', now()) - interval '60 minutes' AND status <> 'cancelled'
    GROUP BY 1, 2
""")
BARS = 30


@dataclass(frozen=True)
class Pause:
    """Who lets a queue take no work, since when, and until when (None: until somebody resumes it)."""

    paused_at: datetime
    paused_by: str
    until: datetime | None


@dataclass(frozen=True)
class QueueCounts:
    """The jobs of one queue, or of all of them added up, at one instant."""

    #: Running and queued together.
    unfinished: int = 0
    running: int = 0
    #: Running, and asked to stop.
    cancelling: int = 0
    #: Live leases: claims of slots that are being worked on.
    slots_in_use: int = 0
    #: Queued, and not to be run before a later time; part of the backlog.
    delayed: int = 0
    next_at: datetime | None = None
    #: Delayed because they failed before, to be tried again; part of the delayed.
    retrying: int = 0
    #: Failed and not cleared.
    failed: int = 0
    #: Cancelled and not cleared.
    cancelled: int = 0
    completed: int = 0

    @property
    def backlog(self) -> int:
        """All that waits, delayed or not."""
        return self.unfinished - self.running

    @property
    def ready(self) -> int:
        """What waits for nothing but a free slot."""
        return self.backlog - self.delayed

    def __add__(self, other: QueueCounts) -> QueueCounts:
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name != "next_at"
        }
        nexts = [moment for moment in (self.next_at, other.next_at) if moment is not None]
        return QueueCounts(**sums, next_at=min(nexts, default=None))


def queue_counts(conn: Connection) -> dict[str, QueueCounts]:
    """The counts of every queue, by name."""
    counts = {queue.name: QueueCounts() for queue in QUEUES}
    for query in (TOTALS, LEASED, DELAYED):
        for row in conn.execute(query).mappings():
            found = {name: value for name, value in row.items() if value is not None}
            name = found.pop("queue_name")
            counts[name] = replace(counts.get(name, QueueCounts()), **found)
    return counts


def pauses(conn: Connection) -> dict[str, Pause]:
    """The pauses that hold now, by queue; `*` is that of all."""
    return {row.queue_name: Pause(row.paused_at, row.paused_by, row.until) for row in conn.execute(PAUSES)}


def rates(conn: Connection) -> dict[str, list[int]]:
    """How many jobs of each queue ended in the last hour, in two minutes a number, the newest last."""
    bars = {queue.name: [0] * BARS for queue in QUEUES}
    for row in conn.execute(RATES):
        if row.queue_name in bars and 0 <= row.ago < BARS:
            bars[row.queue_name][BARS - 1 - row.ago] = row.jobs
    return bars
