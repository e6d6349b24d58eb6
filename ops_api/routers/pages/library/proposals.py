"""What is proposed of videos: decided one by one, those that fit best first."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from db import catalogue, dashboard, identify
from db.identify import Place
from ops_api.dependencies import Id, Reading, TheIdentifyDesk
from ops_api.identify import results
from ops_api.library import details
from ops_api.library.cards import video_card
from ops_api.library.filters import known
from ops_api.render import page, said_once
from ops_api.routers.pages.library.decision import Decision
from ops_api.routers.pages.told import told

router = APIRouter(prefix="/library/proposals")

#: So many are on a page.
PAGE = 10
STATUSES = {"pending": "to be decided", "accepted": "accepted", "rejected": "rejected"}

Status = Annotated[identify.Status, known(*STATUSES, default="pending")]
After = Annotated[str | None, Query(pattern=r"^\d{1,3}:\d{1,18}$")]


@router.get("")
def proposals(request: Request, conn: Reading, status: Status = "pending", after: After = None) -> HTMLResponse:
    """The whole page; the address is the state."""
    return said_once(request, "library/proposals.html", **_context(conn, status, after))


@router.get("/live")
def live(request: Request, conn: Reading, status: Status = "pending", after: After = None) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "library/proposals_live.html", **_context(conn, status, after))


@router.get("/{result_id}")
def one(conn: Reading, result_id: Id) -> RedirectResponse:
    """A proposal on the page of its video."""
    video = identify.get_result(conn, result_id).video_id
    return RedirectResponse(f"/library/videos/{video}#proposal-{result_id}", 303)


@router.post("/{result_id}")
def decide(request: Request, desk: TheIdentifyDesk, result_id: Id, wanted: Annotated[Decision, Form()]) -> Response:
    """Accept what was ticked of a proposal, or reject it."""
    return told(request, lambda: wanted.carry_out(desk, result_id), "/library/proposals")


def _context(conn: Connection, status: identify.Status, after: str | None) -> dict[str, Any]:
    place = Place(*map(int, after.split(":"))) if after else None
    found = results(conn, status=status, video_id=None, after=place, limit=PAGE + 1)
    videos = {number: catalogue.videos.video(conn, number) for number in {each.video_id for each in found[:PAGE]}}
    shown = [
        (video_card(row), details.proposal(each, row))
        for each in found[:PAGE]
        if (row := videos[each.video_id]) is not None
    ]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return {
        "here": "library",
        "tab": "proposals",
        "stale": False,
        "now": dashboard.now(conn),
        "which": status,
        "statuses": STATUSES,
        "after": after,
        "next": f"{last.score}:{last.id}" if last else None,
        "shown": shown,
        "asks": any(box.enabled for box in identify.list_boxes(conn)),
    }
