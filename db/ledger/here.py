"""What the processes of one place have in hand: the flow runs that are at work there, and the jobs that they run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

#: So many running jobs are named; how many there are is said by the flow runs.
MOST = 100

_FLOWS = text(
    """
    SELECT f.queue_name, CAST(f.flow_run_id AS text) AS flow_run, f.created_at AS since,
           count(j.id) FILTER (WHERE j.status = 'running') AS running,
           count(j.id) FILTER (WHERE j.status = 'queued') AS taken
    FROM queue_flows f
    LEFT JOIN job_runs j ON j.lease_owner IS NOT NULL AND j.queue_name = f.queue_name
                            AND starts_with(j.lease_owner, f.host || ':' || f.pid || ':')
    WHERE f.host = :place AND f.state = 'working' AND f.expires_at > now()
    GROUP BY f.flow_run_id ORDER BY f.created_at, f.queue_name
    """
)
_JOBS = text(
    """
    SELECT id, queue_name, target_label AS target, progress, started_at AS since FROM job_runs
    WHERE lease_owner IS NOT NULL AND starts_with(lease_owner, :place || ':') AND status = 'running'
    ORDER BY started_at, id LIMIT :most
    """
)


@dataclass(frozen=True)
class FlowHere:
    """A flow run: its queue, how many jobs it runs, and how many it has taken up besides."""

    queue_name: str
    flow_run: str
    since: datetime
    running: int
    taken: int


@dataclass(frozen=True)
class JobHere:
    """A job that runs, with its progress in percent."""

    id: int
    queue_name: str
    target: str
    progress: int
    since: datetime


def flows_here(conn: Connection, place: str) -> list[FlowHere]:
    """The flow runs at work in this place (`ledger.place`), the oldest first."""
    return [FlowHere(**row) for row in conn.execute(_FLOWS, {"place": place}).mappings()]


def jobs_here(conn: Connection, place: str) -> list[JobHere]:
    """The jobs that run in this place, the oldest first, `MOST` of them."""
    return [JobHere(**row) for row in conn.execute(_JOBS, {"place": place, "most": MOST}).mappings()]
