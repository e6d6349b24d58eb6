"""How a request comes into the world, and what keeps it from that."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from db import ledger
from db.ledger import FollowUp
from db.requests.books import Book, NewBook, find_or_add
from db.requests.errors import ConflictError
from db.requests.settings import is_held_back, read_settings
from db.requests.states import LIVE, Status
from db.requests.transition import tell, transition
from flows.queues import PRIORITY_PERSON_ONE

_OTHERS = text(
    """
    SELECT id, status FROM requests WHERE audiobook_id = :book AND status NOT IN ('cancelled', 'denied')
    ORDER BY id FOR UPDATE
    """
)
_LISTED = text(
    """
    SELECT s.name FROM plex_library i JOIN shelves s ON s.id = i.shelf_id
    WHERE upper(i.asin) = :asin OR regexp_replace(i.isbn, '[^0-9Xx]', '', 'g') = :isbn LIMIT 1
    """
)
_ADD = text(
    """
    WITH made AS (
        INSERT INTO requests (audiobook_id, status, request_source, requested_by, priority, search_terms)
        VALUES (:book, :status, :source, :by, :priority, :search_terms) RETURNING id
    )
    INSERT INTO request_history (request_id, to_status, message, by)
    SELECT id, :status, :message, :by FROM made RETURNING request_id, id
    """
)

_WORDS: dict[Status, str] = {
    "pending": "Asked for; its search begins.",
    "awaiting_approval": "Asked for; an administrator has to approve it.",
    "awaiting_release": "Asked for before it is published: {date}.",
    "awaiting_search": "Asked for; a release is to be chosen by hand.",
}


@dataclass(frozen=True)
class Created:
    """A new request."""

    id: int
    status: Status
    message: str


def create_request(
    conn: Connection,
    said: NewBook,
    *,
    by: str,
    source: str = "api",
    may_approve: bool = True,
    search: bool = True,
    search_terms: str | None = None,
    priority: int = PRIORITY_PERSON_ONE,
) -> Created:
    """Ask for a book and have it searched for, unless that waits: for approval, for its release, for a person.

    Without `search` a release is to be chosen by hand.

    Raises:
        RequestError: a title, author, ASIN or ISBN is none.
        ConflictError: the book is asked for or available already.
    """
    found = find_or_add(conn, said)
    _make_room(conn, found, by=by)
    status = _first_status(conn, found, may_approve=may_approve, search=search)
    message = _WORDS[status].format(date=found.release_date)
    values = {"book": found.id, "status": status, "source": source, "by": by, "priority": priority, "message": message}
    row = conn.execute(_ADD, values | {"search_terms": search_terms}).one()
    label = f"{found.title} by {found.author}"
    if status == "awaiting_approval":
        tell(conn, row.id, "request_pending_approval", label)
    else:
        tell(conn, row.id, "request_approved", label)
    if status == "pending":
        want_search(conn, row.request_id, label, priority=priority)
    return Created(row.request_id, status, message)


def want_search(conn: Connection, request_id: int, label: str, *, priority: int, trigger: str = "manual") -> None:
    """Enqueue the search for a request; nothing where it waits already."""
    job = FollowUp("search_indexers", str(request_id), label, "request")
    ledger.enqueue(conn, [job], trigger=trigger, priority=priority)


def _first_status(conn: Connection, book: Book, *, may_approve: bool, search: bool) -> Status:
    if not may_approve and not read_settings(conn).auto_approve:
        return "awaiting_approval"
    if not search:
        return "awaiting_search"
    return "awaiting_release" if is_held_back(conn, book.release_date) else "pending"


def _make_room(conn: Connection, book: Book, *, by: str) -> None:
    """Refuse what is there or on its way; what failed gives way."""
    for other in conn.execute(_OTHERS, {"book": book.id}).all():
        if other.status in LIVE:
            raise ConflictError(_refusal(book, other.id, other.status))
        transition(conn, other.id, "cancelled", "Another request took its place.", by=by)
    if not (book.asin or book.isbn):
        return
    if shelf := conn.execute(_LISTED, {"asin": book.asin, "isbn": book.isbn}).scalar():
        raise ConflictError(f"{book.title} is available already: {shelf} lists it.")


def _refusal(book: Book, request_id: int, status: Status) -> str:
    if status == "available":
        return f"{book.title} is available already (request {request_id})."
    if status == "downloaded":
        return f"{book.title} is in the library already and about to be listed (request {request_id})."
    return f"{book.title} is asked for already: request {request_id} is {status.replace('_', ' ')}."
