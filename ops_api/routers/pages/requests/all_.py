"""The requests, the newest first; what is in the address is the state."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from db import dashboard, requests
from ops_api.columns import REQUESTS
from ops_api.dependencies import Reading
from ops_api.library.filters import LAST
from ops_api.render import page, said_once
from ops_api.request_page.filters import SIZE, Filters
from ops_api.request_page.guide import GuideHidden, guide
from ops_api.request_page.looks import GROUPS, LOOKS, statuses_of

router = APIRouter(prefix="/requests")

TheFilters = Annotated[Filters, Query()]


@router.get("")
def all_requests(request: Request, conn: Reading, filters: TheFilters, hidden: GuideHidden) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "requests.html", **_context(conn, filters), guide=guide(conn, hidden=hidden))


@router.get("/live")
def live(request: Request, conn: Reading, filters: TheFilters, hidden: GuideHidden) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "requests/live.html", **_context(conn, filters), guide=guide(conn, hidden=hidden))


def _context(conn: Connection, f: Filters) -> dict[str, Any]:
    statuses = statuses_of(f.show)
    words: dict[str, Any] = {"words": f.q or None, "by": f.by or None, "until": f.until}
    found = requests.list_requests(conn, statuses=statuses, before=f.before, limit=SIZE + 1, offset=f.offset, **words)
    shown, counts = found[:SIZE], requests.count_requests(conn)
    is_narrowed = f.q or f.by or f.until
    fits = requests.count_requests(conn, **words) if is_narrowed else counts
    total = sum(fits.get(status, 0) for status in statuses)
    return {
        "here": "requests",
        "now": dashboard.now(conn),
        "stale": False,
        "f": f,
        "requests": shown,
        "more": len(found) > SIZE,
        "total": total,
        "last": min(LAST, -(-total // SIZE)),
        "downloads": requests.under_way(conn, [each.id for each in shown]),
        "counts": counts,
        "totals": {key: sum(counts.get(status, 0) for status in statuses_of(key)) for key in GROUPS},
        "headings": [(key, *words, statuses_of(key)) for key, words in GROUPS.items()],
        "looks": LOOKS,
        "columns": REQUESTS,
    }
