"""One request: where it stands and why, all that became of it, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from db import dashboard, requests
from db.requests import CLIENTS, SHELVES, Status
from ops_api import models
from ops_api.access import current
from ops_api.access.scopes import needed_by
from ops_api.browse import BrowseError, Listing, listing
from ops_api.dependencies import Id, Reading, TheRequestDesk, TheUpcoming
from ops_api.errors import not_found
from ops_api.flash import Said
from ops_api.forms import Typed
from ops_api.models import Text
from ops_api.render import page, said_once
from ops_api.request_page.looks import LOOKS, offers
from ops_api.request_page.story import filed, line_of_time
from ops_api.request_page.wishes import VERBS, RequestWish
from ops_api.requests import may_approve, releases, story
from ops_api.routers.pages.told import told
from ops_api.upcoming import Upcoming

router = APIRouter(prefix="/requests")

#: The field in which something is typed, of the buttons that have one.
TYPED = {"import": "path", "look": "terms", "search": "terms", "deny": "reason"}

Browse = Annotated[Text | None, Query(max_length=4000)]


@dataclass(frozen=True)
class Place:
    """Who asks, what they see, and what they may have done."""

    request: Request
    conn: Reading
    upcoming: TheUpcoming
    desk: TheRequestDesk


Here = Annotated[Place, Depends()]


@router.get("/downloads/{download_id}")
def of_download(conn: Reading, download_id: Id) -> Response:
    """To the request that a download belongs to."""
    found = requests.get_downloads(conn, [download_id]).get(download_id)
    if found is None:
        raise not_found(f"There is no download {download_id}.")
    return RedirectResponse(f"/requests/{found.request_id}#download-{download_id}", status_code=303)


@router.get("/{request_id}")
def one(request: Request, conn: Reading, upcoming: TheUpcoming, request_id: Id, browse: Browse = None) -> HTMLResponse:
    """The whole page; `browse` opens a folder of this machine to take files from."""
    return said_once(request, "request.html", **_context(conn, upcoming, request_id, browse))


@router.get("/{request_id}/live")
def live(request: Request, conn: Reading, upcoming: TheUpcoming, request_id: Id, browse: Browse = None) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "requests/one.html", **_context(conn, upcoming, request_id, browse))


@router.post("/{request_id}/do/{verb}")
def do(at: Here, request_id: Id, verb: str, wish: Annotated[RequestWish, Form()]) -> Response:
    """Do it, and go back to the page; what cannot be done is there again as it was typed."""
    if (act := VERBS.get(verb)) is None:
        raise not_found("There is no such button.")
    if wish.ask and not wish.confirmed:
        return page(at.request, "confirm.html", action=at.request.url.path, wish=wish, here="requests")

    def refused(sentence: str) -> Response:
        typed, said = Typed(verb, wish.model_dump(), {TYPED[verb]: sentence}), Said(sentence, bad=True)
        context = _context(at.conn, at.upcoming, request_id, None, typed) | {"path": f"/requests/{request_id}"}
        return page(at.request, "request.html", status=409, said=said, **context)

    return told(at.request, lambda: act(at.desk, request_id, wish), wish.back, refused if verb in TYPED else None)


def _context(
    conn: Connection, upcoming: Upcoming, request_id: int, browse: str | None, typed: Typed | None = None
) -> dict[str, Any]:
    shown, now, found = story(conn, request_id), dashboard.now(conn), releases(conn, request_id)
    folders, refusal = _browsed(browse)
    return {
        "here": "requests",
        "r": shown,
        "now": now,
        "stale": False,
        "look": LOOKS[shown.status],
        "can": _can(shown.status),
        "filed": filed(shown),
        "entries": line_of_time(shown, now),
        "again_at": upcoming.next(shown.status, now),
        "job": _at_work(conn, shown),
        "releases": found.releases,
        "searching": found.searching,
        "shelf": _shelf(conn, shown),
        "refusing": _refusing(conn, shown),
        "browse": browse,
        "folders": folders,
        "refusal": refusal,
        "typed": typed or Typed(),
    }


def _can(status: Status) -> set[str]:
    """What the reader may do about it."""
    asks = current.who()
    return {verb for verb in offers(status) if asks is not None and asks.may(needed_by(verb))}


def _at_work(conn: Connection, shown: models.RequestStory) -> dict[str, Any] | None:
    """The job that carries it on, and why it waits if it does."""
    job = next((each for each in shown.jobs if each.status in {"queued", "running"}), None)
    return None if job is None else {"job": job, "waits": dashboard.waiting(conn, job.id, job.queue_name)}


def _refusing(conn: Connection, shown: models.RequestStory) -> Any:
    """The client that downloads for it, where that refuses to be asked."""
    download = requests.under_way(conn, [shown.id]).get(shown.id)
    client = next((each for each in CLIENTS.all(conn) if download and each.id == download.client_id), None)
    return client if client and client.trouble else None


def _shelf(conn: Connection, shown: models.RequestStory) -> Any:
    """The library server that lists it."""
    return next((each for each in SHELVES.all(conn) if each.id == shown.shelf_id), None)


def _browsed(browse: str | None) -> tuple[Listing | None, str | None]:
    if browse is None or not may_approve():
        return None, None
    try:
        return listing(browse), None
    except BrowseError as error:
        return listing(None), str(error)
