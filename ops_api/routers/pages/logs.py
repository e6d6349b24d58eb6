"""Every job and its events, filtered; the address is the state."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from db import dashboard
from db.dashboard import DEEPEST, STATES, STATUSES, Search, Survey
from flows.queues import QUEUES
from ops_api import export as export_
from ops_api import overview
from ops_api.columns import LOGS
from ops_api.dependencies import Reading
from ops_api.logs import SIZES, Filters
from ops_api.render import page, said_once

router = APIRouter()

TheFilters = Annotated[Filters, Query()]
TYPES = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


@router.get("/logs")
def logs(request: Request, conn: Reading, filters: TheFilters) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "logs.html", **_context(conn, filters))


@router.get("/logs/live")
def live(request: Request, conn: Reading, filters: TheFilters) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "logs/live.html", **_context(conn, filters))


@router.get("/logs/jobs.{form}")
def export(conn: Reading, filters: TheFilters, form: Literal["csv", "ndjson"]) -> Response:
    """The jobs that match as a file, the newest 10,000 at most."""
    wanted = replace(filters.search(dashboard.now(conn)), limit=DEEPEST, offset=0)
    jobs = overview.jobs(dashboard.search(conn, wanted))
    headers = {"Content-Disposition": f'attachment; filename="jobs.{form}"'}
    lines = export_.as_csv(jobs) if form == "csv" else export_.as_ndjson(jobs)
    return Response("".join(lines), media_type=TYPES[form], headers=headers)


def _context(conn: Connection, filters: Filters) -> dict[str, Any]:
    now = dashboard.now(conn)
    wanted = filters.search(now)
    seen = _survey(conn, filters, wanted)
    total = seen.total
    return {
        "here": "logs",
        "now": now,
        "stale": False,
        "f": filters,
        "total": min(total, wanted.deepest),
        "more": total > wanted.deepest,
        "most": wanted.deepest,
        "last": filters.last(min(total, wanted.deepest)),
        "jobs": overview.jobs(dashboard.search(conn, wanted, seen)),
        "ended": seen.ended,
        "unfinished": seen.unfinished,
        "triggers": ("manual", "schedule", "retry", *(queue.name for queue in QUEUES)),
        "queues": QUEUES,
        "statuses": (*STATUSES, *STATES),
        "sizes": SIZES,
        "columns": LOGS,
    }


def _survey(conn: Connection, filters: Filters, wanted: Search) -> Survey:
    """How many jobs there are, and how many a person may have retried, cleared or cancelled together."""
    return dashboard.survey(conn, wanted) if filters.active else Survey(dashboard.count(conn, wanted))
