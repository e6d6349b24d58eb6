"""What is done about requests without anybody asking: searched for again, imported again, found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, text

from db import ledger
from db.ledger import FollowUp
from db.requests.settings import is_held_back, read_settings
from db.requests.states import Status
from db.requests.store import Request, get_requests
from db.requests.transition import transition
from flows.queues import PRIORITY_MACHINE

#: What one sweep takes at most; those that were tried longest ago come first.
MOST = 50

_MISSING = text(
    """
    SELECT r.id FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id
    WHERE r.status = 'awaiting_search'
       OR r.status = 'awaiting_release'
          AND (NOT :gate OR b.release_date IS NULL OR b.release_date <= CAST(now() AT TIME ZONE 'UTC' AS date))
    ORDER BY r.last_search_at NULLS FIRST, r.created_at, r.id LIMIT :most
    """
)
# Claimed by the clock, so that the next sweep takes others first.
_UNIMPORTED = text(
    """
    UPDATE requests SET last_import_at = now() WHERE id IN (
        SELECT id FROM requests WHERE status = 'awaiting_import'
        ORDER BY last_import_at NULLS FIRST, id LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)
_AWAITING = text("SELECT id FROM requests WHERE status = 'awaiting_search' AND id > :after ORDER BY id LIMIT :most")


@dataclass(frozen=True)
class Swept:
    """How many requests a sweep looked at, started a job for, moved to another status, and left as they were."""

    total: int = 0
    triggered: int = 0
    transitioned: int = 0
    skipped: int = 0

    def said(self) -> dict[str, int]:
        """As JSON has it."""
        return asdict(self)


def retry_missing(conn: Connection, *, job_id: int) -> Swept:
    """Search again for what was not found, and for what is published by now; put aside what is not, after all."""
    ids = list(conn.execute(_MISSING, {"gate": read_settings(conn).skip_unreleased, "most": MOST}).scalars())
    triggered = transitioned = 0
    for request in get_requests(conn, ids).values():
        held = is_held_back(conn, request.book.release_date)
        wanted: Status = "awaiting_release" if held else "awaiting_search"
        if request.status != wanted:
            words = "It is published only later: {}." if held else "It is published: {}."
            message = words.format(request.book.release_date or "on an unknown day")
            transition(conn, request.id, wanted, message, by="retry_missing_torrents", job_id=job_id)
            transitioned += 1
        if not held:
            triggered += search_again(conn, [request], by="retry_missing_torrents", job_id=job_id)
    return Swept(len(ids), triggered, transitioned, len(ids) - max(triggered, transitioned))


def retry_imports(conn: Connection, *, job_id: int) -> Swept:
    """Try again to put into the library what could not be put there."""
    ids = list(conn.execute(_UNIMPORTED, {"most": MOST}).scalars())
    wanted = [
        FollowUp("organize_files", str(request.id), request.label, "request", priority=PRIORITY_MACHINE)
        for request in get_requests(conn, ids).values()
    ]
    made = ledger.enqueue(
        conn, wanted, trigger="retry_failed_imports", priority=PRIORITY_MACHINE, parent_id=job_id, origin_id=job_id
    )
    return Swept(len(ids), made.enqueued, 0, len(ids) - made.enqueued)


def awaiting_search(conn: Connection, *, after: int = 0, most: int = 100) -> list[Request]:
    """A page of the requests of which nothing good enough was found, from behind this id on."""
    ids = list(conn.execute(_AWAITING, {"after": after, "most": most}).scalars())
    found = get_requests(conn, ids)
    return [found[each] for each in ids if each in found]


def search_again(conn: Connection, requests: Sequence[Request], *, by: str, job_id: int) -> int:
    """Enqueue searches that nobody waits for; returns how many did not wait already."""
    wanted = [
        FollowUp("search_indexers", str(request.id), request.label, "request", priority=PRIORITY_MACHINE)
        for request in requests
    ]
    made = ledger.enqueue(conn, wanted, trigger=by, priority=PRIORITY_MACHINE, parent_id=job_id, origin_id=job_id)
    return made.enqueued
