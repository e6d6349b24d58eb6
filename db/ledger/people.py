"""What a person may do to jobs: cancel, try again, clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import IntegrityError

from db.ledger.events import add_events
from db.ledger.notify import notify
from db.ledger.types import AlreadyFinishedError, Event, NotFinishedError, NotFoundError
from db.ledger.waiting import IS_WAITING
from flows.queues import BY_NAME, PRIORITY_FIRST, PRIORITY_PERSON_ONE

# What runs is asked to stop and says so itself once its processes are gone; what only waits ends here.
_CANCEL = """
    WITH target AS (
        SELECT id, status = 'running' AND lease_expires_at >= now() AS live
        FROM job_runs WHERE status IN ('queued', 'running') AND {which}
        ORDER BY id FOR UPDATE
    )
    UPDATE job_runs j
    SET cancel_requested_at = coalesce(j.cancel_requested_at, now()),
        status = CASE WHEN live THEN j.status ELSE 'cancelled' END,
        error = CASE WHEN live THEN j.error WHEN j.status = 'queued' THEN 'Cancelled before it began.'
                     ELSE 'Cancelled.' END,
        finished_at = CASE WHEN live THEN NULL ELSE now() END,
        lease_owner = CASE WHEN live THEN j.lease_owner END,
        lease_expires_at = CASE WHEN live THEN j.lease_expires_at END
    FROM target
    WHERE j.id = target.id
    RETURNING j.id, j.queue_name, j.status
"""
_CANCEL_ONE = text(_CANCEL.format(which="id = :id"))
_CANCEL_SOME = text(_CANCEL.format(which="id = ANY(:ids)"))
_CANCEL_QUEUE = text(_CANCEL.format(which="queue_name = :queue"))
_CANCEL_TARGET = text(_CANCEL.format(which="queue_name = :queue AND target_type = :type AND target_id = :target"))
_CANCEL_RUNNING = text(_CANCEL.format(which="lease_owner IS NOT NULL AND status = 'running'"))
_CANCEL_ALL = text(_CANCEL.format(which="true"))

_STATUS = text("SELECT status FROM job_runs WHERE id = :id")

# Before whatever else waits, also what was put first before; the column's type ends at 32,767.
_FIRST = text(
    f"""
    UPDATE job_runs j
    SET run_at = least(j.run_at, now()),
        priority = least(32000, greatest(:least, 1 + coalesce((
            SELECT priority FROM job_runs
            WHERE queue_name = j.queue_name AND {IS_WAITING} AND id <> :id ORDER BY priority DESC LIMIT 1
        ), 0)))
    WHERE j.id = :id AND j.status = 'queued' AND j.lease_owner IS NULL
    RETURNING j.queue_name
    """  # noqa: S608  (constants)
)

_SELECTED = """
    status IN ('failed', 'cancelled') AND cleared_at IS NULL
    AND (CAST(:queue AS text) IS NULL OR queue_name = :queue)
    AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids))
"""
_CLEAR = text(f"UPDATE job_runs SET cleared_at = now() WHERE {_SELECTED} RETURNING id, queue_name, cleared_at")  # noqa: S608
_UNCLEAR = text("UPDATE job_runs SET cleared_at = NULL WHERE cleared_at = :moment RETURNING queue_name")

_RETRY = """
    UPDATE job_runs j
    SET status = 'queued', attempts = 0, crashes = 0, progress = 0, priority = greatest(priority, :priority),
        max_attempts = coalesce(CAST(CAST(:attempts AS jsonb) ->> queue_name AS int), max_attempts),
        trigger = 'retry', run_at = now(), started_at = NULL, finished_at = NULL, cleared_at = NULL,
        cancel_requested_at = NULL
    WHERE {which} AND status IN ('failed', 'cancelled')
    RETURNING id, queue_name, error
"""
_RETRY_ONE = text(_RETRY.format(which="id = :id"))
# Where the target waits again already, or was tried twice, only its newest failure is tried again.
_RETRY_MANY = text(
    _RETRY.format(
        which=f"""id IN (
            SELECT max(id) FROM job_runs f WHERE {_SELECTED} GROUP BY queue_name, target_type, target_id
        ) AND NOT EXISTS (
            SELECT FROM job_runs u WHERE u.status IN ('queued', 'running') AND u.queue_name = j.queue_name
            AND u.target_type = j.target_type AND u.target_id = j.target_id
        )"""  # noqa: S608
    )
)


@dataclass(frozen=True)
class Cleared:
    """How many jobs left the list, and the moment that names them all."""

    jobs: int
    moment: datetime | None


@dataclass(frozen=True)
class Cancelled:
    """How many jobs ended at once because they only waited, and how many are being stopped."""

    cancelled: int
    cancelling: int


def cancel_job(conn: Connection, job_id: int) -> Cancelled:
    """Cancel one job.

    Raises:
        NotFoundError: no job has this id.
        AlreadyFinishedError: it has ended.
    """
    done = _cancel(conn, _CANCEL_ONE, id=job_id)
    if done.cancelled + done.cancelling == 0:
        raise AlreadyFinishedError(f"Job {job_id} has already ended: {_status(conn, job_id)}.")
    return done


def cancel_jobs(conn: Connection, job_ids: Sequence[int]) -> Cancelled:
    """Cancel those of these jobs that have not ended."""
    return _cancel(conn, _CANCEL_SOME, ids=list(job_ids))


def cancel_queue(conn: Connection, queue_name: str) -> Cancelled:
    """Cancel all that waits or runs in one queue."""
    return _cancel(conn, _CANCEL_QUEUE, queue=queue_name)


def cancel_target(conn: Connection, queue_name: str, target_type: str, target_id: str) -> Cancelled:
    """Cancel the job that waits or runs for one target in one queue, if there is one."""
    return _cancel(conn, _CANCEL_TARGET, queue=queue_name, type=target_type, target=target_id)


def cancel_running(conn: Connection) -> Cancelled:
    """Cancel what runs, in all queues; what waits stays."""
    return _cancel(conn, _CANCEL_RUNNING)


def cancel_everything(conn: Connection) -> Cancelled:
    """Cancel all that waits or runs, in all queues."""
    return _cancel(conn, _CANCEL_ALL)


def _cancel(conn: Connection, statement: TextClause, **which: Any) -> Cancelled:
    rows = conn.execute(statement, which).all()
    stopping = [row.id for row in rows if row.status == "running"]
    if rows:
        notify(conn, "cancel", queues={row.queue_name for row in rows}, jobs=stopping)
    return Cancelled(len(rows) - len(stopping), len(stopping))


def _status(conn: Connection, job_id: int) -> str:
    if (status := conn.execute(_STATUS, {"id": job_id}).scalar()) is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return str(status)


def put_first(conn: Connection, job_id: int) -> None:
    """Have a job that waits begin before all others of its queue, and now if it waits for a later time.

    Raises:
        NotFoundError: no job has this id.
        AlreadyFinishedError: it does not wait: it runs, has ended, or a slot has taken it up.
    """
    queue = conn.execute(_FIRST, {"id": job_id, "least": PRIORITY_FIRST}).scalar()
    if queue is None:
        status = _status(conn, job_id)
        said = "a slot has taken it up" if status == "queued" else f"it is {status}"
        raise AlreadyFinishedError(f"Job {job_id} does not wait: {said}.")
    add_events(conn, [Event(job_id, 0, "info", "ledger", "Put first in its queue by hand.")])
    notify(conn, "enqueued", queues=[str(queue)])


def clear(conn: Connection, queue_name: str | None = None, job_ids: Sequence[int] | None = None) -> Cleared:
    """Take failed and cancelled jobs off the list, of one queue, by id, or all. Status and error stay."""
    rows = conn.execute(_CLEAR, {"queue": queue_name, "ids": None if job_ids is None else list(job_ids)}).all()
    if rows:
        notify(conn, "cleared", queues={row.queue_name for row in rows})
    return Cleared(len(rows), rows[0].cleared_at if rows else None)


def unclear(conn: Connection, moment: datetime) -> int:
    """Put back on the list what was cleared at this moment; returns how many."""
    queues = conn.execute(_UNCLEAR, {"moment": moment}).scalars().all()
    if queues:
        notify(conn, "cleared", queues=set(queues))
    return len(queues)


def retry_job(conn: Connection, job_id: int) -> str:
    """Put one failed or cancelled job back in its queue with fresh attempts; returns the queue's name.

    Raises:
        NotFoundError: no job has this id.
        NotFinishedError: it has not failed, or its target is already waiting again.
    """
    try:
        with conn.begin_nested():
            rows = conn.execute(_RETRY_ONE, {"id": job_id, **_retry_parameters()}).all()
    except IntegrityError:
        raise NotFinishedError(f"The target of job {job_id} is already waiting again.") from None
    if not rows:
        raise NotFinishedError(f"Job {job_id} has neither failed nor been cancelled: it is {_status(conn, job_id)}.")
    _tell_retried(conn, rows)
    return str(rows[0].queue_name)


def retry_failed(conn: Connection, queue_name: str | None = None, job_ids: Sequence[int] | None = None) -> int:
    """Put all uncleared failed and cancelled jobs back, of one queue, by id, or all; returns how many."""
    which = {"queue": queue_name, "ids": None if job_ids is None else list(job_ids)}
    rows = conn.execute(_RETRY_MANY, which | _retry_parameters()).all()
    _tell_retried(conn, rows)
    return len(rows)


def _retry_parameters() -> dict[str, Any]:
    attempts = ", ".join(f'"{queue.name}": {queue.retry.attempts}' for queue in BY_NAME.values())
    return {"priority": PRIORITY_PERSON_ONE, "attempts": f"{{{attempts}}}"}


def _tell_retried(conn: Connection, rows: Sequence[Any]) -> None:
    if rows:
        add_events(
            conn,
            [
                Event(row.id, 0, "info", "ledger", "Put back in its queue by hand.", {"error": row.error})
                for row in rows
            ],
        )
        notify(conn, "enqueued", queues={row.queue_name for row in rows})
