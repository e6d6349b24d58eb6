"""The health page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ops_api.dependencies import TheReport
from ops_api.health import worst
from ops_api.render import page, said_once

router = APIRouter(prefix="/status")


@router.get("")
def health(request: Request, look: TheReport) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "health.html", **_context(look))


@router.get("/live")
def live(request: Request, look: TheReport) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "health/live.html", **_context(look))


def _context(look: TheReport) -> dict[str, Any]:
    checks = look()
    groups = list(dict.fromkeys(check.group for check in checks))
    return {
        "here": "health",
        # The database's clock may be what is away.
        "now": datetime.now(UTC),
        "stale": False,
        "worst": worst(checks),
        "groups_of_checks": [(group, [check for check in checks if check.group == group]) for group in groups],
    }
