"""The watched folders."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from db import dashboard, roots
from ops_api.dependencies import Reading
from ops_api.render import said_once

router = APIRouter()


@router.get("/libraries")
def libraries(request: Request, conn: Reading) -> HTMLResponse:
    """The watched folders."""
    now = dashboard.now(conn)
    return said_once(request, "libraries.html", now=now, here="libraries", roots=roots.list_roots(conn))
