"""One job: its story, why it waits, what wanted it, what it led to, what it made."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from db import dashboard
from db.dashboard import Search
from ops_api import models, overview
from ops_api.dependencies import Id, Reading
from ops_api.errors import not_found
from ops_api.prefect import ui_url
from ops_api.render import page, said_once
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


def _context(conn: Connection, job_id: int, level: Level | None) -> dict[str, Any]:
    if (row := dashboard.job(conn, job_id)) is None:
        raise not_found(f"There is no job {job_id}.")
    shown, now = overview.job(row), dashboard.now(conn)
    events = dashboard.events(conn, job_id)
    chain = dashboard.read_chain(conn, [job_id])
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
        "chain": chain,
        "files": dashboard.made_files(conn, shown.target_type, shown.target_id),
        "prefect": ui_url(),
    }


def _job(conn: Connection, job_id: int | None) -> models.Job | None:
    row = None if job_id is None else dashboard.job(conn, job_id)
    return None if row is None else overview.job(row)
