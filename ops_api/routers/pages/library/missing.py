"""What was found once and is not there any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from db import catalogue, dashboard, roots
from ops_api import forms, upkeep
from ops_api.dependencies import Reading, Sent, TheEngine, TheStarter
from ops_api.flash import Said
from ops_api.forms import MistakesError, Typed
from ops_api.library.filters import GONE, MissingFilters
from ops_api.library.labels import labels
from ops_api.models import MissingFiles
from ops_api.render import page, said_once
from ops_api.routers.pages.told import told

router = APIRouter(prefix="/library")

BACK = "/library/missing"
#: What is asked before missing files are forgotten.
FORGET = (forms.Field("days", "Number of days", "number", required=True),)
#: Where each kind has a page.
PAGES = {"video": "/library/videos/", "picture": "/library/pictures/", "audio file": "/library/tracks/"}


@dataclass(frozen=True)
class Place:
    """Who asks, what they see, and what their wish is carried out by."""

    request: Request
    conn: Reading
    engine: TheEngine
    starter: TheStarter


Here = Annotated[Place, Depends()]


@router.get("/missing")
def missing(request: Request, conn: Reading, f: Annotated[MissingFilters, Query()]) -> HTMLResponse:
    """By folder, those first where that was noticed last."""
    return said_once(request, "library/missing.html", **_context(conn, f))


@router.post("/missing/forget")
def forget(at: Here, sent: Sent, confirm: Annotated[int | None, Form(ge=1)] = None) -> Response:
    """Forget what has been missing for long; asks first, with the number."""
    try:
        wanted = forms.check(MissingFiles, FORGET, sent).model_copy(update={"confirm": confirm})
    except MistakesError as error:
        typed, said = Typed("forget", forms.typed(FORGET, sent), error.mistakes), Said(str(error), bad=True)
        shown = _context(at.conn, MissingFilters(), typed) | {"path": BACK}
        return page(at.request, "library/missing.html", status=422, said=said, **shown)
    if confirm is not None:
        return told(at.request, lambda: upkeep.forget_missing(at.engine, at.starter, wanted), BACK)
    found = upkeep.forget_missing(at.engine, at.starter, wanted)
    if not found.files:
        return told(at.request, lambda: found, BACK)
    return page(at.request, "library/forget.html", here="library", days=wanted.days, files=found.files)


def _context(conn: Connection, f: MissingFilters, typed: Typed | None = None) -> dict[str, Any]:
    found, folders, total = catalogue.gone.gone(conn, kind=f.kind, root=f.folder, part=f.q)
    watched = roots.list_roots(conn)
    return {
        "here": "library",
        "tab": "missing",
        "f": f,
        "gone": found,
        "how_many": folders,
        "total": total,
        "pages": PAGES,
        "kinds": GONE,
        "chips": f.chips(labels(watched)),
        "folders": watched,
        "now": dashboard.now(conn),
        "typed": typed or Typed(),
    }
