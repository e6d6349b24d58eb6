"""How much each queue has to do and has done, by grouped queries that read indexes only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection, text

from flows.queues import QUEUES

#: Every query of one row per queue. `queued` counts all that wait, delayed or not.
UNFINISHED = text("""
    SELECT queue_name, count(*) AS unfinished FROM job_runs WHERE status IN ('queued', 'running') GROUP BY queue_name
""")
LEASED = text("""
    SELECT queue_name,
           count(*) FILTER (WHERE status = 'running') AS running,
           count(*) FILTER (WHERE status = 'running' AND cancel_requested_at IS NOT NULL) AS cancelling,
           count(DISTINCT lease_owner) FILTER (WHERE lease_expires_at > now()) AS slots_in_use
    FROM job_runs WHERE lease_owner IS NOT NULL GROUP BY queue_name
""")
DELAYED = text("""
    SELECT queue_name, count(*) AS delayed, min(run_at) AS next_at
    FROM job_runs WHERE status = 'queued' AND lease_owner IS NULL AND run_at > now() GROUP BY queue_name
""")
UNCLEARED = text("""
    SELECT queue_name,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled
    FROM job_runs WHERE status IN ('failed', 'cancelled') AND cleared_at IS NULL GROUP BY queue_name
""")
COMPLETED = text("""
    SELECT queue_name, completed FROM unnest(CAST(:queues AS text[])) AS queue_name, LATERAL (
        SELECT count(*) AS completed FROM job_runs
        WHERE job_runs.queue_name = queue_name.queue_name AND status = 'completed') AS done
""")


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
    """The counts of every queue that exists, by name."""
    names = [queue.name for queue in QUEUES]
    counts = dict.fromkeys(names, QueueCounts())
    for query in (UNFINISHED, LEASED, DELAYED, UNCLEARED, COMPLETED):
        given = {"queues": names} if query is COMPLETED else {}
        for row in conn.execute(query, given).mappings():
            found = dict(row)
            name = found.pop("queue_name")
            counts[name] = replace(counts.get(name, QueueCounts()), **found)
    return counts
