"""The health page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ops_api.dependencies import TheEngine, ThePrefect, TheWatch
from ops_api.health import report, worst
from ops_api.nsfw import Hides
from ops_api.render import page, said_once

router = APIRouter(prefix="/status")


@router.get("")
def health(request: Request, engine: TheEngine, prefect: ThePrefect, watch: TheWatch, hides: Hides) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "health.html", **_context(engine, prefect, watch, hides))


@router.get("/live")
def live(request: Request, engine: TheEngine, prefect: ThePrefect, watch: TheWatch, hides: Hides) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "health/live.html", **_context(engine, prefect, watch, hides))


def _context(engine: TheEngine, prefect: ThePrefect, watch: TheWatch, hides: Hides) -> dict[str, Any]:
    checks = report(engine, prefect, watch, hide_nsfw=hides)
    groups = list(dict.fromkeys(check.group for check in checks))
    return {
        "here": "health",
        # The database's clock may be what is away.
        "now": datetime.now(UTC),
        "stale": False,
        "worst": worst(checks),
        "groups_of_checks": [(group, [check for check in checks if check.group == group]) for group in groups],
    }
