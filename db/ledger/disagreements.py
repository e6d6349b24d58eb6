"""Where Prefect and the ledger did not say the same: what is done about it here, and that it was so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.ledger.events import add_events
from db.ledger.flows import flow_left
from db.ledger.lease import LOST_BY
from db.ledger.notify import notify
from db.ledger.people import cancel_jobs
from db.ledger.types import Event

#: How long they are remembered.
KEPT = "7 days"

_BEATING = text(
    """
    SELECT CAST(flow_run_id AS text) AS flow_run, queue_name, state, disowned_at IS NOT NULL AS disowned
    FROM queue_flows WHERE expires_at > now()
    """
)
_SILENT = text("SELECT CAST(flow_run_id AS text) FROM queue_flows WHERE state = 'working' AND expires_at < now()")
# Also what has been taken up again by now. Who tries a job again by hand sets its crashes back.
_LOST = text(
    f"""
    SELECT id, attempts FROM job_runs j
    WHERE (status IN ('queued', 'running') AND crashes > 0 AND EXISTS (
              SELECT FROM job_events e WHERE e.job_id = j.id AND e.context = 'ledger'
                                         AND e.metadata ->> '{LOST_BY}' = :flow_run))
       OR (status = 'running' AND prefect_flow_run_id = CAST(:flow_run AS uuid))
    """  # noqa: S608  (constants)
)
_DISOWN = text(
    """
    UPDATE queue_flows SET disowned_at = now()
    WHERE flow_run_id = CAST(:flow_run AS uuid) AND disowned_at IS NULL
    RETURNING queue_name, host || ':' || pid || ':' AS owner
    """
)
# A living flow ends its processes first and says so itself; for one that is gone, the end of its lease does.
_CANCEL = text(
    """
    UPDATE job_runs SET cancel_requested_at = now()
    WHERE status = 'running' AND prefect_flow_run_id = CAST(:flow_run AS uuid) AND cancel_requested_at IS NULL
    RETURNING id, attempts
    """
)
_EXPIRE = text(
    """
    UPDATE job_runs SET lease_expires_at = now() - interval '1 second'
    WHERE lease_owner IS NOT NULL AND starts_with(lease_owner, :owner)
    """
)
_NOTE = text(
    """
    INSERT INTO disagreements (queue_name, flow_run_id, says)
    VALUES (:queue, CAST(:flow_run AS uuid), :says)
    """
)
_FORGET = text(f"DELETE FROM disagreements WHERE noticed_at < now() - interval '{KEPT}'")  # noqa: S608
_RECENT = text(
    """
    SELECT noticed_at, queue_name, CAST(flow_run_id AS text), says FROM disagreements
    WHERE noticed_at > now() - make_interval(mins => :minutes) ORDER BY id DESC
    """
)


@dataclass(frozen=True)
class Beating:
    """A flow run that has lately given a sign of life, or was lately asked for."""

    flow_run: str
    queue_name: str
    state: str
    disowned: bool


@dataclass(frozen=True)
class Noted:
    """A disagreement that was noticed and set right."""

    noticed_at: datetime
    queue_name: str | None
    flow_run: str | None
    says: str


def beating(conn: Connection) -> list[Beating]:
    """Every flow run that the ledger takes to be at work or on its way."""
    return [Beating(*row) for row in conn.execute(_BEATING)]


def silent(conn: Connection) -> list[str]:
    """The flow runs that were at work and have lately stopped giving signs of life."""
    return list(conn.execute(_SILENT).scalars())


def cancel_lost(conn: Connection, flow_run: str, says: str) -> int:
    """This flow run was cancelled and its process was lost before it could say so: cancel what it was running, also
    where that waits or runs again by now; how many jobs."""
    rows = conn.execute(_LOST, {"flow_run": flow_run}).all()
    if rows:
        cancel_jobs(conn, [row.id for row in rows])
        add_events(conn, [Event(row.id, row.attempts, "warn", "ledger", says) for row in rows])
    flow_left(conn, flow_run)
    return len(rows)


def disown(
    conn: Connection, flow_run: str, says: str, *, cancelled: bool, lost: bool = False, differs: bool = True
) -> bool:
    """Prefect says that this flow run is over: whoever still works for it stops at once and gives back what it held.

    With `cancelled`, what it is running is cancelled; with `lost`, its process is known to be gone and its leases end
    now. Where that `differs` from what the ledger had to expect, it is noted. False where the flow has left meanwhile,
    or was disowned before: then there is nothing to say.
    """
    flow = conn.execute(_DISOWN, {"flow_run": flow_run}).one_or_none()
    if flow is None:
        return False
    if cancelled:
        rows = conn.execute(_CANCEL, {"flow_run": flow_run}).all()
        add_events(conn, [Event(row.id, row.attempts, "warn", "ledger", says) for row in rows])
    if lost and flow.owner:
        conn.execute(_EXPIRE, {"owner": flow.owner})
    notify(conn, "cancel", queues=[flow.queue_name])
    if differs:
        note(conn, says, queue_name=flow.queue_name, flow_run=flow_run)
    return True


def note(conn: Connection, says: str, *, queue_name: str | None = None, flow_run: str | None = None) -> None:
    """Remember a disagreement, in a sentence for people; those of long ago are forgotten."""
    conn.execute(_FORGET)
    conn.execute(_NOTE, {"queue": queue_name, "flow_run": flow_run, "says": says})


def recent(conn: Connection, minutes: int = 60) -> list[Noted]:
    """The disagreements of the last minutes, the newest first."""
    return [Noted(*row) for row in conn.execute(_RECENT, {"minutes": minutes})]
