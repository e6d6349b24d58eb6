"""What was found once and is not there any more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from db import catalogue, dashboard, roots
from ops_api.dependencies import Reading
from ops_api.library.filters import GONE, MissingFilters
from ops_api.library.labels import labels
from ops_api.render import said_once

router = APIRouter(prefix="/library")

#: Where each kind has a page.
PAGES = {"video": "/library/videos/", "picture": "/library/pictures/", "audio file": "/library/tracks/"}


@router.get("/missing")
def missing(request: Request, conn: Reading, f: Annotated[MissingFilters, Query()]) -> HTMLResponse:
    """By folder, those first where that was noticed last."""
    found, folders, total = catalogue.gone.gone(conn, kind=f.kind, root=f.folder, part=f.q)
    watched = roots.list_roots(conn)
    return said_once(
        request,
        "library/missing.html",
        here="library",
        tab="missing",
        f=f,
        gone=found,
        how_many=folders,
        total=total,
        pages=PAGES,
        kinds=GONE,
        chips=f.chips(labels(watched)),
        folders=watched,
        now=dashboard.now(conn),
    )
