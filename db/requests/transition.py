"""How a request changes its status: one statement that checks the table, writes the change, and tells of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from db import ledger
from db.ledger import FollowUp
from db.ledger.events import dump
from db.ledger.notify import notify
from db.requests.errors import ConflictError, RequestNotFoundError, TransitionError
from db.requests.states import NEWS, Status, leads_to
from flows.queues import BY_NAME

#: In these a request says in `error_message` why it is not further.
_SAYS_WHY = frozenset({"failed", "warn", "awaiting_search", "awaiting_import", "awaiting_release"})

_FRESH = {"search_attempts": "0", "download_attempts": "0", "import_attempts": "0"}
_DONE = {"progress": "100", "completed_at": "now()"}
#: What getting into a status changes besides.
_EFFECTS: Mapping[Status, Mapping[str, str]] = {
    "searching": {"search_attempts": "r.search_attempts + 1", "last_search_at": "now()"},
    "processing": {"progress": "100", "last_import_at": "now()"},
    "awaiting_import": {"import_attempts": "r.import_attempts + 1"},
    "warn": {"import_attempts": "r.import_attempts + 1"},
    "downloaded": _DONE | {"shelf_id": "NULL", "shelf_guid": "NULL"},
    "available": _DONE | _FRESH,
}

_MOVE = """
    WITH before AS (
        SELECT r.id, r.status, b.title || ' by ' || b.author AS label
        FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id WHERE r.id = :id FOR UPDATE OF r
    ), moved AS (
        UPDATE requests r SET status = :to, error_message = :error, updated_at = now(){also}
        FROM before WHERE r.id = before.id AND before.status = ANY(:legal)
        RETURNING r.id, before.status AS was
    ), told AS (
        INSERT INTO request_history (request_id, from_status, to_status, message, by, job_id, details)
        SELECT id, was, :to, :message, :by, :job, CAST(:details AS jsonb) FROM moved RETURNING id
    )
    SELECT before.status AS was, before.label, (SELECT id FROM told) AS history_id FROM before
"""
_LOCK = text("SELECT status FROM requests WHERE id = :id FOR UPDATE")
_WANTED = text("SELECT id FROM notification_targets WHERE enabled AND :event = ANY(events) ORDER BY id")


@dataclass(frozen=True)
class Moved:
    """A change that was made."""

    request_id: int
    before: Status
    to: Status
    history_id: int


def transition(
    conn: Connection,
    request_id: int,
    to: Status,
    message: str,
    *,
    by: str,
    job_id: int | None = None,
    news: str | None = None,
    details: Mapping[str, Any] | None = None,
    **values: Any,
) -> Moved:
    """Change a request's status, write that into its history, and have those told who want to know of it.

    `values` are columns to set besides; `news` is the event to tell of, where the status alone does not say it.

    Raises:
        RequestNotFoundError: there is no such request.
        TransitionError: the table does not allow it; nothing was changed.
        ConflictError: there is another request for this book by now.
    """
    also = {**_EFFECTS.get(to, {}), **{name: f":{name}" for name in values}}
    statement = text(_MOVE.format(also="".join(f", {name} = {value}" for name, value in also.items())))
    given = {
        "id": request_id,
        "to": to,
        "legal": sorted(leads_to(to)),
        "message": message,
        "error": message if to in _SAYS_WHY else None,
        "by": by,
        "job": job_id,
        "details": None if details is None else dump(details),
    }
    try:
        with conn.begin_nested():
            row = conn.execute(statement, given | values).one_or_none()
    except IntegrityError as error:
        if "uq_requests_live" not in str(error.orig):
            raise
        raise ConflictError("There is another request for this book by now; this one stays as it is.") from None
    if row is None:
        raise RequestNotFoundError(f"There is no request {request_id}.")
    if row.history_id is None:
        raise TransitionError(request_id, row.was, to)
    notify(conn, "request")
    if event := news or (NEWS.get(to) if row.was != to else None):
        tell(conn, row.history_id, event, row.label, job_id=job_id)
    return Moved(request_id, row.was, to, row.history_id)


def arrive(conn: Connection, request_id: int, to: Status, message: str, **more: Any) -> None:
    """Change a request's status unless that is what it is: for a job that begins, perhaps not for the first time.

    Raises as `transition` does.
    """
    if conn.execute(_LOCK, {"id": request_id}).scalar() != to:
        transition(conn, request_id, to, message, **more)


def fail(conn: Connection, request_id: int, message: str, *, while_in: Collection[Status], **more: Any) -> bool:
    """Let a request fail whose job has failed, unless it has moved on meanwhile; whether it did."""
    if conn.execute(_LOCK, {"id": request_id}).scalar() not in while_in:
        return False
    transition(conn, request_id, "failed", message, **more)
    return True


def tell(conn: Connection, history_id: int, event: str, label: str, *, job_id: int | None = None) -> None:
    """Have this step told to every target of notifications that wants to hear of such an event."""
    queue = BY_NAME["send_notification"]
    jobs = [
        FollowUp(queue.name, f"{history_id}:{target}", label, "notification", payload={"event": event})
        for target in conn.execute(_WANTED, {"event": event}).scalars()
    ]
    ledger.enqueue(conn, jobs, trigger="request", priority=queue.priority, parent_id=job_id)
