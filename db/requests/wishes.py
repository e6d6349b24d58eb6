"""What a person may want of a request: try again, search, choose, approve, deny, take files that are there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from db import ledger
from db.ledger import Enqueued, FollowUp
from db.requests.cancel import cancel_jobs_of
from db.requests.downloads import Download, change_download, downloads_of
from db.requests.errors import ConflictError
from db.requests.releases import get_release, list_releases, mark_chosen
from db.requests.settings import is_held_back
from db.requests.states import CHOOSABLE, SEARCHABLE, TERMINAL
from db.requests.store import Request, get_request
from db.requests.transition import transition
from flows.queues import PRIORITY_PERSON_ONE


def retry_request(conn: Connection, request_id: int, *, by: str) -> Enqueued:
    """Go on where a request stopped: import what is downloaded, watch what the client still has, else search anew.

    Whoever asks for that means it: the gate for books that are not published yet is not asked.

    Raises:
        RequestNotFoundError: there is no such request.
        ConflictError: it has not stopped.
    """
    request = get_request(conn, request_id)
    last = next(iter(downloads_of(conn, request_id)[::-1]), None)
    if request.status in {"awaiting_import", "warn"} or _has_files(request, last):
        return import_again(conn, request, by=by)
    if request.status == "failed" and last is not None and last.status == "failed" and last.unreachable:
        return _watch_again(conn, request, last, by=by)
    if request.status not in SEARCHABLE:
        raise ConflictError(f"Request {request_id} is {_words(request)}: there is nothing to try again.")
    return search_now(conn, request_id, by=by)


def search_now(conn: Connection, request_id: int, *, by: str, terms: str | None = None) -> Enqueued:
    """Search for a request at once, published or not, by other words than its title where some are given.

    Raises:
        RequestNotFoundError: there is no such request.
        ConflictError: it is where no search helps.
    """
    request = get_request(conn, request_id)
    if request.status not in SEARCHABLE:
        raise ConflictError(f"Request {request_id} is {_words(request)}: it is not searched for now.")
    more: dict[str, Any] = {} if terms is None else {"search_terms": terms.strip() or None}
    if request.status != "pending":
        transition(conn, request_id, "pending", "A person wants it searched for now.", by=by, **more)
    return _enqueue(conn, request, "search_indexers")


def look_for_releases(conn: Connection, request_id: int, *, terms: str | None = None) -> Enqueued:
    """Search for a person who wants to choose: nothing is chosen, and the request stays as it is.

    Raises:
        RequestNotFoundError: there is no such request.
        ConflictError: it is withdrawn or denied.
    """
    request = get_request(conn, request_id)
    if request.status in TERMINAL:
        raise ConflictError(f"Request {request_id} is {_words(request)}: nothing is searched for it any more.")
    payload = {"interactive": True} | ({"terms": terms.strip()} if terms and terms.strip() else {})
    return _enqueue(conn, request, "search_indexers", payload=payload)


def choose_release(
    conn: Connection, request_id: int, release_id: int, *, by: str, may_approve: bool = True
) -> Enqueued:
    """Have this release downloaded and no other; one that is being downloaded gives way to it.

    While the request waits for approval, whoever may not approve it only notes the choice.

    Raises:
        RequestNotFoundError: there is no such request, or its last search has not found this release.
        ConflictError: it is where no release can be chosen any more.
    """
    request = get_request(conn, request_id)
    release = get_release(conn, request_id, release_id)
    if request.status == "awaiting_approval" and not may_approve:
        mark_chosen(conn, request_id, release_id)
        return Enqueued()
    if request.status not in CHOOSABLE and request.status != "awaiting_approval":
        raise ConflictError(f"Request {request_id} is {_words(request)}: no release can be chosen for it.")
    cancel_jobs_of(conn, request_id)
    transition(conn, request_id, "downloading", f"Chosen by hand: {release.title}", by=by, progress=0)
    mark_chosen(conn, request_id, release_id)
    return _enqueue(conn, request, "download_torrent", payload={"release": release_id})


def approve_request(conn: Connection, request_id: int, *, by: str) -> Enqueued:
    """Let a request go ahead: with the release that was chosen, else by a search, once it is published.

    Raises:
        RequestNotFoundError: there is no such request.
        ConflictError: it does not wait for approval.
    """
    request = _awaiting_approval(conn, request_id)
    if chosen := next((each for each in list_releases(conn, request_id) if each.chosen), None):
        message = f"Approved, with the release that was chosen: {chosen.title}"
        transition(conn, request_id, "downloading", message, by=by, news="request_approved")
        return _enqueue(conn, request, "download_torrent", payload={"release": chosen.id})
    if is_held_back(conn, request.book.release_date):
        message = f"Approved; it is published only later: {request.book.release_date}."
        transition(conn, request_id, "awaiting_release", message, by=by, news="request_approved")
        return Enqueued()
    transition(conn, request_id, "pending", "Approved; its search begins.", by=by, news="request_approved")
    return _enqueue(conn, request, "search_indexers")


def deny_request(conn: Connection, request_id: int, *, by: str, reason: str | None = None) -> None:
    """Deny a request. Raises as `approve_request` does."""
    _awaiting_approval(conn, request_id)
    transition(
        conn, request_id, "denied", f"Denied: {reason.strip()}" if reason and reason.strip() else "Denied.", by=by
    )


def import_files(conn: Connection, request_id: int, path: str, *, by: str) -> Enqueued:
    """Take files that are there already, and put them into the library.

    Raises:
        RequestNotFoundError: there is no such request.
        ConflictError: it is where no files can be taken.
    """
    request = get_request(conn, request_id)
    cancel_jobs_of(conn, request_id)
    if request.status != "processing":
        more: dict[str, Any] = {"details": {"path": path}, "import_attempts": 0}
        transition(conn, request_id, "processing", f"Files are taken from {path}.", by=by, **more)
    return _enqueue(conn, request, "organize_files", payload={"path": path})


def import_again(conn: Connection, request: Request, *, by: str) -> Enqueued:
    """Put what is downloaded into the library once more, with every attempt again."""
    transition(conn, request.id, "processing", "A person wants it imported again.", by=by, import_attempts=0)
    return _enqueue(conn, request, "organize_files")


def _watch_again(conn: Connection, request: Request, download: Download, *, by: str) -> Enqueued:
    message = f"Watching {download.title} again."
    transition(conn, request.id, "downloading", message, by=by, progress=download.progress)
    change_download(conn, download.id, status="downloading", error=None, unreachable=0, misplaced=0)
    job = FollowUp("monitor_download", str(download.id), request.label, "download")
    return ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)


def _has_files(request: Request, last: Download | None) -> bool:
    return request.status == "failed" and last is not None and last.status == "completed"


def _awaiting_approval(conn: Connection, request_id: int) -> Request:
    request = get_request(conn, request_id)
    if request.status != "awaiting_approval":
        raise ConflictError(f"Request {request_id} is {_words(request)}: it does not wait for approval.")
    return request


def _enqueue(conn: Connection, request: Request, queue: str, *, payload: dict[str, Any] | None = None) -> Enqueued:
    job = FollowUp(queue, str(request.id), request.label, "request", payload=payload or {})
    return ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)


def _words(request: Request) -> str:
    return request.status.replace("_", " ")
