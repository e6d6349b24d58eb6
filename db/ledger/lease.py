"""How a lease is kept, and what becomes of one that was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.ledger.claim import LEASE
from db.ledger.events import add_events, dump
from db.ledger.notify import notify
from db.ledger.types import Event

#: How many processes a job may take down with it.
MOST_CRASHES = 2
#: What the event of a lost job keeps the flow run under whose process was lost.
LOST_BY = "flow_run"

# What is being settled or cancelled at this moment needs no renewal, and is not waited for: a heartbeat holds rows of
# several claims.
_RENEW = text(
    """
    WITH held AS (
        SELECT id, queue_name, lease_owner, cancel_requested_at IS NOT NULL AS cancel
        FROM job_runs WHERE lease_owner = ANY(:owners)
    ), free AS (
        SELECT id FROM job_runs WHERE lease_owner = ANY(:owners) FOR UPDATE SKIP LOCKED
    ), renewed AS (
        UPDATE job_runs j
        SET lease_expires_at = now() + make_interval(secs => :lease),
            progress = coalesce(CAST(CAST(:progress AS jsonb) ->> CAST(j.id AS text) AS int), j.progress)
        FROM free WHERE j.id = free.id
    )
    SELECT * FROM held
    """
)

_RESCUE = text(
    """
    WITH lost AS (
        SELECT id, status AS was FROM job_runs
        WHERE lease_owner IS NOT NULL AND lease_expires_at < now()
          AND (CAST(:queue AS text) IS NULL OR queue_name = :queue)
        FOR UPDATE SKIP LOCKED
    ), ended AS (
        SELECT j.id, lost.was,
               CASE WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
                    WHEN lost.was = 'running' AND j.crashes + 1 >= :most THEN 'failed'
                    ELSE 'queued' END AS status
        FROM lost JOIN job_runs j USING (id)
    )
    UPDATE job_runs j
    SET status = ended.status,
        crashes = j.crashes + CAST(ended.was = 'running' AS int),
        lease_owner = NULL, lease_expires_at = NULL,
        progress = CASE WHEN ended.status = 'queued' THEN 0 ELSE j.progress END,
        started_at = CASE WHEN ended.status = 'queued' THEN NULL ELSE j.started_at END,
        finished_at = CASE WHEN ended.status <> 'queued' THEN now() END,
        error = CASE ended.status WHEN 'failed' THEN :poison WHEN 'cancelled' THEN 'Cancelled.' ELSE j.error END
    FROM ended
    WHERE j.id = ended.id
    RETURNING j.id, j.queue_name, j.attempts, j.status, ended.was, CAST(j.prefect_flow_run_id AS text) AS flow_run
    """
)

_POISON = (
    f"The process that worked on this ended {MOST_CRASHES} times without a word, so it is not tried again by itself."
)


@dataclass(frozen=True)
class Renewed:
    """What a heartbeat brought back: the owners whose leases still stand, and the jobs that are to be cancelled."""

    held: frozenset[str]
    cancel: frozenset[int]


def renew(conn: Connection, owners: Sequence[str], progress: Mapping[int, int]) -> Renewed:
    """Renew all leases of a process in one statement, write the progress (percent by job id) of its running jobs."""
    rows = conn.execute(_RENEW, {"owners": list(owners), "progress": dump(progress), "lease": LEASE}).all()
    moved = [row for row in rows if progress.get(row.id)]
    if moved:
        notify(conn, "progress", queues={row.queue_name for row in moved}, jobs=[row.id for row in moved])
    return Renewed(
        held=frozenset(row.lease_owner for row in rows), cancel=frozenset(row.id for row in rows if row.cancel)
    )


def rescue(conn: Connection, queue_name: str | None = None) -> int:
    """Give back what dead processes held, of one queue or of all; returns the number of rows.

    A row that was running when its process was lost counts that crash, and fails for good at the second one.
    """
    rows = conn.execute(_RESCUE, {"queue": queue_name, "most": MOST_CRASHES, "poison": _POISON}).all()
    if rows:
        add_events(
            conn, [_lost(row.id, row.attempts, row.status, row.flow_run) for row in rows if row.was == "running"]
        )
        notify(conn, "settled", queues={row.queue_name for row in rows}, jobs=[row.id for row in rows])
    return len(rows)


def _lost(job_id: int, attempt: int, status: str, flow_run: str | None) -> Event:
    what_next = {"queued": "It waits for another.", "cancelled": "It was to be cancelled, and is."}
    message = f"The process that held this job was lost. {what_next.get(status, _POISON)}"
    return Event(job_id, attempt, "error" if status == "failed" else "warn", "ledger", message, {LOST_BY: flow_run})
