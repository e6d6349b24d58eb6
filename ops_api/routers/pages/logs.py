"""Every job and its events, filtered; the address is the state."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from db import dashboard
from db.dashboard import DEEPEST, STATES, STATUSES
from flows.queues import QUEUES
from ops_api import overview
from ops_api.dependencies import Reading
from ops_api.logs import SIZES, Filters
from ops_api.render import page, said_once

router = APIRouter()

TheFilters = Annotated[Filters, Query()]


@router.get("/logs")
def logs(request: Request, conn: Reading, filters: TheFilters) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "logs.html", **_context(conn, filters))


@router.get("/logs/live")
def live(request: Request, conn: Reading, filters: TheFilters) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "logs/live.html", **_context(conn, filters))


def _context(conn: Connection, filters: Filters) -> dict[str, Any]:
    now = dashboard.now(conn)
    wanted = filters.search(now)
    total = dashboard.count(conn, wanted)
    return {
        "here": "logs",
        "now": now,
        "stale": False,
        "f": filters,
        "total": min(total, DEEPEST),
        "more": total > DEEPEST,
        "last": filters.last(total),
        "jobs": overview.jobs(dashboard.search(conn, wanted)),
        "queues": QUEUES,
        "statuses": (*STATUSES, *STATES),
        "sizes": SIZES,
    }
