"""Which flow runs are working queues off, so that work neither waits for one nor starts ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from db.ledger.notify import notify
from db.ledger.pause import IS_PAUSED
from db.ledger.queue_settings import SLOTS
from db.ledger.waiting import DUE
from flows.queues import QUEUES

#: Seconds that a flow run may take from being asked for to being at work, and between its signs of life.
STARTING = 60.0
WORKING = 30.0
#: Seconds that a flow has for starting what its jobs have given work to, before others do.
OWN = 45.0

_SAY = text(
    """
    INSERT INTO queue_flows AS f (flow_run_id, queue_name, state, host, pid, expires_at)
    VALUES (CAST(:flow_run AS uuid), :queue, :state, :host, :pid, now() + make_interval(secs => :seconds))
    ON CONFLICT (flow_run_id) DO UPDATE
    SET state = excluded.state, host = excluded.host, pid = excluded.pid, expires_at = excluded.expires_at
    WHERE NOT (f.state = 'working' AND excluded.state = 'starting')
    """
)

_RENEW = text(
    """
    UPDATE queue_flows SET expires_at = now() + make_interval(secs => :seconds)
    WHERE flow_run_id = CAST(:flow_run AS uuid)
    RETURNING disowned_at IS NOT NULL
    """
)

_LEAVE = text("DELETE FROM queue_flows WHERE flow_run_id = CAST(:flow_run AS uuid)")

_FORGET_STARTING = text("DELETE FROM queue_flows WHERE flow_run_id = CAST(:flow_run AS uuid) AND state = 'starting'")

_TO_START = text(
    f"""
    SELECT q.name FROM unnest(CAST(:queues AS text[])) WITH ORDINALITY AS q(name, n), LATERAL (
        SELECT due.* FROM {DUE.format(queue="q.name", columns="parent_id, run_at", most="1")} LIMIT 1
    ) AS first
    WHERE (first.parent_id IS NULL OR first.run_at <= now() - make_interval(secs => :own)
           OR NOT EXISTS (SELECT FROM job_runs p JOIN queue_flows giver USING (queue_name)
                          WHERE p.id = first.parent_id AND giver.expires_at >= now()))
      AND NOT EXISTS (SELECT FROM queue_flows WHERE queue_name = q.name AND expires_at >= now())
      AND NOT {IS_PAUSED.format(queue="q.name")}
    ORDER BY q.n
    """  # noqa: S608  (constants)
)

_AT_WORK = text("SELECT queue_name FROM queue_flows WHERE queue_name = ANY(:queues) AND expires_at >= now()")

# Held until whoever starts the queue has said so: two that look at the same moment would both start it.
_STARTING = text("SELECT pg_try_advisory_xact_lock(hashtextextended('darkroom start ' || :queue, 0))")

_MANY = text(
    f"""
    SELECT EXISTS (SELECT FROM {DUE.format(queue=":queue", columns="", most="1 + :many")} OFFSET :many)
    """  # noqa: S608  (constants)
)

_TO_HELP = text(
    f"""
    SELECT q.name
    FROM library_settings s,
         ROWS FROM (unnest(CAST(:queues AS text[])), unnest(CAST(:slots AS int[])), unnest(CAST(:grains AS int[])),
                    unnest(CAST(:scales AS boolean[])))
         WITH ORDINALITY AS q(name, base, grain, scales, n),
         LATERAL (SELECT {SLOTS.format(queue="q.name", base="base", scales="scales")} AS slots) AS allowed
    WHERE slots > 1
      AND EXISTS (SELECT FROM {DUE.format(queue="q.name", columns="", most="1 + slots * q.grain")}
                  OFFSET slots * q.grain)
      AND EXISTS (SELECT FROM queue_flows WHERE queue_name = q.name AND state = 'working' AND expires_at >= now())
      AND NOT EXISTS (SELECT FROM queue_flows WHERE queue_name = q.name AND host = :host AND expires_at >= now())
      AND NOT {IS_PAUSED.format(queue="q.name")}
    ORDER BY q.n
    """  # noqa: S608  (constants)
)

# In two halves: no index knows the jobs of a queue whatever has become of them.
_SCHEDULED = "SELECT FROM job_runs WHERE queue_name = ANY(:queues) AND trigger = 'schedule' AND created_at >= :moment"
_SCHEDULED_SINCE = text(
    f"""
    SELECT EXISTS ({_SCHEDULED} AND status IN ('queued', 'running'))
        OR EXISTS ({_SCHEDULED} AND finished_at IS NOT NULL)
    """
)


def flow_asked(
    conn: Connection, queue_name: str, flow_run: str, *, host: str | None = None, pid: int | None = None
) -> None:
    """Remember that a flow run was asked for, on any machine or on one, and tell the workers, one of whom is to start
    it, unless it begins in the process `pid`; it has a minute to begin before another may be."""
    _say(conn, queue_name, flow_run, "starting", STARTING, host=host, pid=pid)
    if pid is None:
        notify(conn, "asked", queues=[queue_name])


def flow_works(
    conn: Connection, queue_name: str, flow_run: str, *, host: str, pid: int, seconds: float = WORKING
) -> None:
    """Say that a flow run is at work; to be renewed before it expires."""
    _say(conn, queue_name, flow_run, "working", seconds, host=host, pid=pid)
    notify(conn, "works", queues=[queue_name])


def flow_renews(conn: Connection, flow_run: str) -> bool:
    """A sign of life; whether the flow is still to work. One that comes after it has left does not bring it back."""
    return not conn.execute(_RENEW, {"flow_run": flow_run, "seconds": WORKING}).scalar()


def _say(
    conn: Connection,
    queue_name: str,
    flow_run: str,
    state: str,
    seconds: float,
    *,
    host: str | None = None,
    pid: int | None = None,
) -> None:
    conn.execute(
        _SAY,
        {"flow_run": flow_run, "queue": queue_name, "state": state, "host": host, "pid": pid, "seconds": seconds},
    )


def flow_left(conn: Connection, flow_run: str) -> None:
    """Say that a flow run takes no more work.

    A flow says so, commits, and only then looks for work a last time: whoever enqueues commits first and asks
    `queues_to_start` second, so that one of the two always sees the other.
    """
    conn.execute(_LEAVE, {"flow_run": flow_run})


def flow_never_began(conn: Connection, flow_run: str) -> bool:
    """A flow run that was asked for ended before it was at work: its queue may have another. False where it is at work,
    or was forgotten before."""
    return conn.execute(_FORGET_STARTING, {"flow_run": flow_run}).rowcount > 0


def queues_to_start(conn: Connection, among: Iterable[str] | None = None) -> list[str]:
    """The queues that have due work and no flow run that is at it or on its way.

    Where nothing is said of which, without those that a flow starts itself: what its jobs enqueued a moment ago, while
    it is at work, and what its Run fills too, while it is at work or to be started.
    """
    queues = [queue.name for queue in QUEUES]
    wanted = queues if among is None else [name for name in queues if name in set(among)]
    names = list(conn.execute(_TO_START, {"queues": wanted, "own": OWN if among is None else 0}).scalars())
    if among is not None:
        return names
    heads = {queue.name: set(queue.also_runs) for queue in QUEUES if queue.also_runs}
    at_work = {*names, *conn.execute(_AT_WORK, {"queues": list(heads)}).scalars()}
    return [name for name in names if not any(name in heads[head] for head in heads.keys() & at_work)]


def may_start(conn: Connection, queue_name: str) -> bool:
    """Whether a queue is to be started, said to one at a time: to nobody else until this transaction ends."""
    alone: bool = conn.execute(_STARTING, {"queue": queue_name}).scalar_one()
    return alone and bool(queues_to_start(conn, [queue_name]))


def has_more_due_than(conn: Connection, queue_name: str, many: int) -> bool:
    """Whether more than so many jobs of a queue could be begun now."""
    more: bool = conn.execute(_MANY, {"queue": queue_name, "many": many}).scalar_one()
    return more


def queues_to_help(conn: Connection, host: str) -> list[str]:
    """The queues that another machine works off, in which more waits than its slots take in one round, and which have
    no flow on this host: a flow here would get a share of the slots."""
    given = {
        "queues": [queue.name for queue in QUEUES],
        "slots": [queue.slots for queue in QUEUES],
        "grains": [queue.grain for queue in QUEUES],
        "scales": [queue.scales for queue in QUEUES],
    }
    return list(conn.execute(_TO_HELP, {"host": host, **given}).scalars())


def was_scheduled_since(conn: Connection, queues: Sequence[str], moment: datetime) -> bool:
    """Whether a schedule has enqueued jobs of these queues at that moment or later."""
    since: bool = conn.execute(_SCHEDULED_SINCE, {"queues": list(queues), "moment": moment}).scalar_one()
    return since


def forget_dead_flows(conn: Connection) -> int:
    """Remove flow runs that have given no sign of life; returns how many."""
    return conn.execute(text("DELETE FROM queue_flows WHERE expires_at < now() - interval '5 minutes'")).rowcount
