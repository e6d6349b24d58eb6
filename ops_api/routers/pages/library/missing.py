"""What was found once and is not there any more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from db import catalogue, dashboard, roots
from ops_api import upkeep
from ops_api.dependencies import Reading, TheEngine, TheStarter
from ops_api.library.filters import GONE, MissingFilters
from ops_api.library.labels import labels
from ops_api.models import MissingFiles
from ops_api.render import page, said_once
from ops_api.routers.pages.told import told

router = APIRouter(prefix="/library")

BACK = "/library/missing"
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


@router.post("/missing/forget")
def forget(
    request: Request,
    engine: TheEngine,
    starter: TheStarter,
    days: Annotated[int, Form(ge=7, le=36_500)],
    confirm: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """Forget what has been missing for long; asks first, with the number."""
    wanted = MissingFiles.model_validate({"days": days, "confirm": confirm})
    if confirm is not None:
        return told(request, lambda: upkeep.forget_missing(engine, starter, wanted), BACK)
    found = upkeep.forget_missing(engine, starter, wanted)
    if not found.files:
        return told(request, lambda: found, BACK)
    return page(request, "library/forget.html", here="library", days=days, files=found.files)
