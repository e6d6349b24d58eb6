"""How a slot gets work: a lease on the most urgent, oldest rows, never more slots than the settings allow."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db.ledger.notify import notify
from db.ledger.pause import IS_PAUSED
from db.ledger.queue_settings import PRIORITY, SLOTS
from db.ledger.types import Claimed
from db.ledger.waiting import DUE, FIRST_DUE
from flows.queues import Queue

#: Seconds that a lease lasts unless it is renewed, and seconds between renewals.
LEASE = 30.0
HEARTBEAT = 5.0

# One lock per queue makes counting the live slots and taking one a single step over all processes and machines.
# What follows is planned once for a connection: planning took as long as claiming.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('darkroom claim ' || :queue, 0)),
           set_config('plan_cache_mode', 'force_generic_plan', true)
""")

_CLAIM = text(
    f"""
    WITH room AS (
        SELECT slots > taken AND ceil(slots / greatest(flows, 1)) > mine
               AND NOT {IS_PAUSED.format(queue=":queue")} AS free
        FROM (SELECT {SLOTS.format(queue=":queue", base=":slots", scales=":scales")}::numeric AS slots
              FROM library_settings) AS allowed,
             (SELECT count(DISTINCT lease_owner) AS taken,
                     count(DISTINCT lease_owner) FILTER (WHERE starts_with(lease_owner, :process)) AS mine
              FROM job_runs WHERE queue_name = :queue AND lease_owner IS NOT NULL) AS held,
             (SELECT count(*) AS flows FROM queue_flows
              WHERE queue_name = :queue AND state = 'working' AND disowned_at IS NULL AND expires_at > now()) AS sharing
    ), picked AS (
        SELECT due.id FROM {DUE.format(queue=":queue", columns="id", most=":most FOR UPDATE SKIP LOCKED")}
        WHERE (SELECT free FROM room)
        LIMIT :most
    ), leased AS (
        UPDATE job_runs
        SET lease_owner = :owner, lease_expires_at = now() + make_interval(secs => :lease)
        WHERE id = ANY (ARRAY(SELECT id FROM picked))
        RETURNING *
    )
    SELECT id, queue_name, target_type, target_id, target_label, payload, attempts, max_attempts,
           greatest(priority, {PRIORITY.format(queue=":queue")}), trigger, is_nsfw, origin_id
    FROM leased
    ORDER BY leased.priority DESC, run_at, id
    """  # noqa: S608  (constants)
)

_START = text(
    """
    UPDATE job_runs
    SET status = 'running', started_at = now() - make_interval(secs => :began_ago), attempts = attempts + 1,
        progress = 0, prefect_flow_run_id = :flow_run, prefect_task_run_id = :task_run
    WHERE id = :id AND lease_owner = :owner AND status = 'queued'
    RETURNING queue_name
    """
)

_NEXT_DUE = text(
    f"""
    SELECT extract(epoch FROM min(run_at) - now()) FROM ({FIRST_DUE.format(queue=":queue")}) AS due
    WHERE NOT {IS_PAUSED.format(queue=":queue")}
    """  # noqa: S608  (constants)
)


def claim(conn: Connection, queue: Queue, owner: str, most: int | None = None) -> list[Claimed]:
    """Lease due rows of a queue to one slot, up to its grain or so many, most urgent first; none where all slots are
    taken.

    Where several flows work the queue off, on as many machines, each takes at most its equal share of the slots.

    Call `rescue` before, so that the slots of dead processes are not counted. The rows stay `queued`: each is
    `running` only from its `start`.
    """
    conn.execute(_LOCK, {"queue": queue.name})
    rows = conn.execute(
        _CLAIM,
        {
            "queue": queue.name,
            "slots": queue.slots,
            "scales": queue.scales,
            "most": most or queue.grain,
            "owner": owner,
            "process": f"{owner.rpartition(':')[0]}:",
            "lease": LEASE,
        },
    )
    return [Claimed(*row) for row in rows]


def start(
    conn: Connection,
    job_id: int,
    owner: str,
    *,
    flow_run: str | None = None,
    task_run: str | None = None,
    began_ago: float = 0,
) -> bool:
    """Mark a leased row as running and count the attempt; False when the lease was lost or the job was cancelled."""
    queue = conn.scalar(
        _START,
        {"id": job_id, "owner": owner, "flow_run": flow_run, "task_run": task_run, "began_ago": began_ago},
    )
    if queue is not None:
        notify(conn, "started", queues=[queue], jobs=[job_id])
    return queue is not None


def next_due(conn: Connection, queue_name: str) -> float | None:
    """Seconds until the next row of a queue is due (negative: it is); None when nothing waits or it is paused."""
    value = conn.execute(_NEXT_DUE, {"queue": queue_name}).scalar()
    return None if value is None else float(value)
