"""Requests for audiobooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.responses import FileResponse, Response

from db import requests
from db.requests import Status
from ops_api import models
from ops_api.covers import BLANK
from ops_api.dependencies import Id, Reading, TheCovers, TheEngine, TheRequestDesk
from ops_api.errors import not_found
from ops_api.requests import releases, shown, story

router = APIRouter(prefix="/api/requests", tags=["requests"])

Wanted = Annotated[models.WantedSearch | None, Body()]


@router.get("")
def list_requests(
    conn: Reading,
    *,
    status: Annotated[list[Status] | None, Query()] = None,
    search: Annotated[
        models.Text | None, Query(max_length=200, description="Words of the title and the author")
    ] = None,
    requested_by: Annotated[models.Text | None, Query(max_length=200, alias="requestedBy")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> models.BookRequests:
    """Requests, the newest first."""
    found = requests.list_requests(conn, statuses=status, words=search, by=requested_by, before=before, limit=limit)
    return models.BookRequests(
        requests=[shown(each) for each in found],
        counts=requests.count_requests(conn),
        next_before=found[-1].id if len(found) == limit else None,
    )


@router.post("", status_code=201)
def ask_for_book(desk: TheRequestDesk, wanted: models.NewRequest) -> models.RequestMade:
    """Ask for a book. One that is asked for or available already is refused: 409."""
    return desk.ask(wanted)


@router.post("/swipe")
def swipe_book(desk: TheRequestDesk, wanted: models.Swipe) -> models.Swiped:
    """Ask for a book that was suggested, by a swipe to the right; any other asks for nothing."""
    return desk.swipe(wanted)


@router.get("/{request_id}/cover", response_class=FileResponse)
async def read_cover(
    engine: TheEngine,
    covers: TheCovers,
    request_id: Id,
    *,
    blank: Annotated[bool, Query(description="Answer an empty picture where there is none")] = False,
) -> Response:
    """The picture of the book: the one beside its files, else the one that was named when it was asked for."""
    found = await covers.of(engine, request_id)
    if found is None and blank:
        return Response(BLANK, media_type="image/gif")
    if found is None:
        raise not_found("There is no picture of this book.")
    path, kind = found
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})


@router.get("/{request_id}")
def read_request(conn: Reading, request_id: Id) -> models.RequestStory:
    """A request with its history, its downloads and its jobs."""
    return story(conn, request_id)


@router.patch("/{request_id}")
def change_request(desk: TheRequestDesk, request_id: Id, wanted: models.RequestChange) -> models.RequestChanged:
    """Withdraw a request, or go on where it stopped."""
    if wanted.action == "retry":
        return desk.retry(request_id)
    return desk.cancel(request_id, remove_downloads=wanted.remove_downloads)


@router.post("/{request_id}/manual-search")
def search_for_request(desk: TheRequestDesk, request_id: Id, wanted: Wanted = None) -> models.RequestChanged:
    """Search for a book at once, published or not, and take the best release."""
    return desk.search_now(request_id, wanted.search_terms if wanted else None)


@router.post("/{request_id}/interactive-search", status_code=202)
def look_for_releases(desk: TheRequestDesk, request_id: Id, wanted: Wanted = None) -> models.SearchWanted:
    """Search for somebody who wants to choose: nothing is taken. The job's id is in `jobIds`."""
    return desk.look_for_releases(request_id, wanted.search_terms if wanted else None)


@router.get("/{request_id}/releases")
def list_releases(conn: Reading, request_id: Id) -> models.Releases:
    """What the last search has found, the best first, with its points."""
    return releases(conn, request_id)


@router.post("/{request_id}/select-torrent")
def choose_release(desk: TheRequestDesk, request_id: Id, wanted: models.ChosenRelease) -> models.RequestChanged:
    """Have this release downloaded; one that is being downloaded gives way. Before approval, only note the choice."""
    return desk.choose(request_id, wanted.release_id)


@router.post("/{request_id}/approve")
def approve_request(desk: TheRequestDesk, request_id: Id, wanted: models.Approval) -> models.RequestChanged:
    """Let a request go ahead, or deny it."""
    if wanted.action == "deny":
        return desk.deny(request_id, wanted.reason)
    return desk.approve(request_id)


@router.post("/{request_id}/import")
def import_files(desk: TheRequestDesk, request_id: Id, wanted: models.FilesToImport) -> models.RequestChanged:
    """Put files that are there already into the library."""
    return desk.import_files(request_id, wanted.path)


@router.post("/{request_id}/blocked", status_code=201)
def block_release(desk: TheRequestDesk, request_id: Id, wanted: models.ReleaseToBlock) -> models.Told:
    """Have a release not chosen again for this request."""
    return desk.block(request_id, wanted.release_id, wanted.reason)


@router.delete("/{request_id}/blocked/{blocked_id}", status_code=204)
def unblock_release(desk: TheRequestDesk, request_id: Id, blocked_id: Id) -> None:
    """Let a release be chosen again."""
    desk.unblock(request_id, blocked_id)
