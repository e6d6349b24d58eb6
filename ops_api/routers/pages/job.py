"""One job: its story, why it waits, what wanted it, what it led to, what it made."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from db import dashboard
from db.again import ArgumentError, changeable
from db.dashboard import DEEPEST, Search
from ops_api import again as again_
from ops_api import models, overview
from ops_api.dependencies import Id, Reading, Sent, TheDesk
from ops_api.errors import REFUSALS, not_found
from ops_api.flash import Said
from ops_api.forms import MistakesError, typed
from ops_api.prefect import ui_url
from ops_api.render import page, said_once
from ops_api.routers.pages.told import back
from ops_api.timeline import timeline

router = APIRouter(prefix="/jobs")

#: How many of the jobs that it led to are listed.
CHILDREN = 25

Level = Literal["info", "warn", "error"]


@router.get("/{job_id}")
def job(request: Request, conn: Reading, job_id: Id, level: Level | None = None) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "job.html", **_context(conn, job_id, level))


@router.get("/{job_id}/live")
def live(request: Request, conn: Reading, job_id: Id, level: Level | None = None) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "job/live.html", **_context(conn, job_id, level))


@router.get("/{job_id}/story")
def story(request: Request, conn: Reading, job_id: Id) -> HTMLResponse:
    """Its events alone, for a row of a list that is opened."""
    return page(request, "job/story.html", **_context(conn, job_id, None))


@router.post("/{job_id}/again")
def again(request: Request, conn: Reading, desk: TheDesk, job_id: Id, sent: Sent) -> Response:
    """Run it again as a new job, and go to that one's page; what is wrong is said where it was typed."""
    known = changeable(conn, job_id)
    try:
        done = again_.run(desk, job_id, again_.wanted(known, sent))
    except (ArgumentError, MistakesError) as error:
        form = {"typed": typed(again_.fields(known), sent), "mistakes": again_.mistakes(error)}
        return page(request, "job.html", status=422, **_context(conn, job_id, None) | form)
    except tuple(REFUSALS) as error:
        return back(f"/jobs/{job_id}", Said(str(error), bad=True))
    return back(f"/jobs/{done.id}", Said(done.message))


def _context(conn: Connection, job_id: int, level: Level | None) -> dict[str, Any]:
    if (row := dashboard.job(conn, job_id)) is None:
        raise not_found(f"There is no job {job_id}.")
    shown, now = overview.job(row), dashboard.now(conn)
    events = dashboard.events(conn, job_id)
    led_to = dashboard.count_led_to(conn, job_id, DEEPEST + 1)
    known = changeable(conn, job_id) if shown.finished_at else []
    return {
        "here": "logs",
        "j": shown,
        "now": now,
        "stale": False,
        "steps": timeline(shown, now, events),
        "level": level,
        "events": [event for event in events if level is None or event["level"] == level],
        "told": len(events),
        "waits": dashboard.waiting(conn, job_id, shown.queue_name),
        "parent": _job(conn, shown.parent_id),
        "children": overview.jobs(dashboard.search(conn, Search(parent=job_id, limit=CHILDREN))),
        "led_to": min(led_to, DEEPEST),
        "led_to_more": led_to > DEEPEST,
        "files": dashboard.made_files(conn, shown.target_type, shown.target_id),
        "prefect": ui_url(),
        "fields": again_.fields(known),
        "typed": again_.present(known),
        "mistakes": {},
    }


def _job(conn: Connection, job_id: int | None) -> models.Job | None:
    row = None if job_id is None else dashboard.job(conn, job_id)
    return None if row is None else overview.job(row)
