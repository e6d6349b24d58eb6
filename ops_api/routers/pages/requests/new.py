"""A book is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from db.requests import ConflictError, RequestError
from ops_api import flash
from ops_api.dependencies import Sent, TheRequestDesk
from ops_api.flash import Said
from ops_api.forms import MistakesError, typed
from ops_api.render import page, said_once
from ops_api.request_page import new

router = APIRouter(prefix="/requests")


@router.get("/new")
def empty(request: Request) -> HTMLResponse:
    """The form."""
    return said_once(request, "requests/new.html", **_context({"search": ["on"]}))


@router.post("")
def ask(request: Request, desk: TheRequestDesk, sent: Sent) -> Response:
    """Ask for a book, and go to its page; what is wrong is said where it was typed, and nothing typed is lost."""
    try:
        done = desk.ask(new.wanted(sent), source="page")
    except MistakesError as error:
        return page(request, "requests/new.html", status=422, **_context(sent, error.mistakes))
    except (RequestError, ConflictError) as error:
        return page(request, "requests/new.html", status=409, **_context(sent), said=Said(str(error), bad=True))
    response = RedirectResponse(f"/requests/{done.request.id}", status_code=303)
    flash.say(response, Said(done.message))
    return response


def _context(sent: Mapping[str, Sequence[str]], mistakes: Mapping[str, str] | None = None) -> dict[str, object]:
    shown = {"fields": new.FIELDS, "search": new.SEARCH, "typed": typed((*new.FIELDS, new.SEARCH), sent)}
    return {"here": "requests", "mistakes": mistakes or {}} | shown
