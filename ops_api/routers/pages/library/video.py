"""One video: what it is, what was made of it, what is proposed of it, and the jobs that worked on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from db import catalogue, collections, dashboard
from db.dashboard import Search
from ops_api import adaptive_sets, overview
from ops_api.dependencies import Id, Reading, TheIdentifyDesk
from ops_api.errors import not_found
from ops_api.identify import results
from ops_api.library import details
from ops_api.library.cards import belongs
from ops_api.render import page, said_once
from ops_api.routers.pages.library.decision import Decision
from ops_api.routers.pages.told import told

router = APIRouter(prefix="/library/videos")

#: How many jobs and proposals are listed.
JOBS, PROPOSALS = 25, 10


@router.get("/{video_id}")
def video(request: Request, conn: Reading, video_id: Id) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "library/video.html", **_context(conn, video_id))


@router.get("/{video_id}/live")
def live(request: Request, conn: Reading, video_id: Id) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "library/video_live.html", **_context(conn, video_id))


@router.post("/{video_id}/identify")
def identify(request: Request, desk: TheIdentifyDesk, video_id: Id) -> Response:
    """Look it up by its hashes."""
    return told(request, lambda: desk.look_up(video_id, None), f"/library/videos/{video_id}#proposals")


@router.post("/{video_id}/proposals/{result_id}")
def decide(
    request: Request, desk: TheIdentifyDesk, video_id: Id, result_id: Id, wanted: Annotated[Decision, Form()]
) -> Response:
    """Accept what was ticked of a proposal, or reject it."""

    return told(request, lambda: wanted.carry_out(desk, result_id), f"/library/videos/{video_id}#proposals")


def _context(conn: Connection, video_id: int) -> dict[str, Any]:
    row = catalogue.videos.video(conn, video_id)
    if row is None:
        raise not_found(f"There is no video {video_id}.")
    jobs = dashboard.search(conn, Search(target=("video", str(video_id)), limit=JOBS))
    proposals = results(conn, status=None, video_id=video_id, after=None, limit=PROPOSALS)
    return {
        "here": "library",
        "now": dashboard.now(conn),
        "stale": False,
        "v": row,
        "belongs": belongs(row),
        "files": details.files(row),
        "facts": details.facts(row),
        "tags": catalogue.words.carried(conn, "video", video_id, "tag"),
        "performers": catalogue.words.carried(conn, "video", video_id, "performer"),
        "subtitles": [details.track(track, video_id) for track in catalogue.videos.subtitles(conn, video_id)],
        "set": adaptive_sets.read(conn, video_id),
        "collections": collections.about(conn, "video", video_id),
        "jobs": overview.jobs(jobs),
        "proposals": [details.proposal(result, row) for result in proposals],
    }
