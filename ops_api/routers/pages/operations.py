"""The operations page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import InterfaceError, OperationalError

from flows.queues import SECTIONS
from ops_api import models, nsfw
from ops_api.browse import listing
from ops_api.columns import FAILURES, Failures
from ops_api.dependencies import TheSeen
from ops_api.render import page, said_once

router = APIRouter()

TheFailures = Annotated[Failures, Query()]


@router.get("/")
def operations(request: Request, seen: TheSeen, failures: TheFailures) -> HTMLResponse:
    """The whole page."""
    shown, stale = _dashboard(request, seen)
    if shown is None:
        return page(request, "away.html", status=503, here="operations")
    return said_once(request, "operations.html", **_context(shown, stale, failures))


@router.get("/live")
def live(request: Request, seen: TheSeen, failures: TheFailures) -> HTMLResponse:
    """The part of it that changes."""
    shown, stale = _dashboard(request, seen)
    if shown is None:
        return page(request, "away.html", status=503, here="operations")
    return page(request, "operations/live.html", **_context(shown, stale, failures))


def _context(shown: models.Dashboard, stale: bool, failures: Failures) -> dict[str, Any]:
    context = {
        "here": "operations",
        "d": shown,
        "now": shown.as_of,
        "stale": stale,
        "sections": [(name, [queue for queue in shown.queues if queue.section == name]) for name in SECTIONS],
        "f": failures,
        "columns": FAILURES,
    }
    return context if shown.roots else context | {"folders": listing(None), "refusal": None}


def _dashboard(request: Request, seen: TheSeen) -> tuple[models.Dashboard | None, bool]:
    """What is so, or else what was so when the database last answered."""
    try:
        shown = seen()
    except (OperationalError, InterfaceError):
        return request.app.state.last_dashboard.get(nsfw.mode(request)), True
    request.app.state.last_dashboard[nsfw.mode(request)] = shown
    return shown, False
