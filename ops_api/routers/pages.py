"""The pages, and what their forms do. Everything here works without JavaScript."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import InterfaceError, OperationalError

from db import dashboard, roots
from flows.queues import SECTIONS
from ops_api import flash, models
from ops_api.dependencies import Reading, TheDesk, TheSeen
from ops_api.errors import REFUSALS, not_found
from ops_api.flash import Said
from ops_api.render import page
from ops_api.wishes import VERBS, Act, Wish

router = APIRouter(include_in_schema=False)


@router.get("/")
def operations(request: Request, seen: TheSeen) -> HTMLResponse:
    """The operations page."""
    return _operations(request, seen, "operations.html")


@router.get("/live")
def live(request: Request, seen: TheSeen) -> HTMLResponse:
    """The part of the operations page that changes."""
    return _operations(request, seen, "operations/live.html")


@router.get("/libraries")
def libraries(request: Request, conn: Reading) -> HTMLResponse:
    """The watched folders."""
    said, now = flash.heard(request), dashboard.now(conn)
    return _once(page("libraries.html", said=said, now=now, here="libraries", roots=roots.list_roots(conn)), said)


@router.post("/do/{verb}")
def do(request: Request, desk: TheDesk, verb: str, wish: Annotated[Wish, Form()]) -> Response:
    """What a button asks for. What concerns several jobs is asked back once, with their number."""
    if (act := VERBS.get(verb)) is None:
        raise not_found("There is no such button.")
    if wish.ask and not wish.confirmed:
        return page("confirm.html", verb=verb, wish=wish, said=None, here=None)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"message": act(desk, wish).message})
    return _told(act, desk, wish)


def _told(act: Act, desk: TheDesk, wish: Wish) -> Response:
    try:
        said = Said(act(desk, wish).message)
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    response = RedirectResponse(wish.back, status_code=303)
    flash.say(response, said)
    return response


def _operations(request: Request, seen: TheSeen, template: str) -> HTMLResponse:
    shown, stale = _dashboard(request, seen)
    said = flash.heard(request) if template == "operations.html" else None
    if shown is None:
        return page("away.html", status=503, said=said, here="operations")
    by_section = [(name, [queue for queue in shown.queues if queue.section == name]) for name in SECTIONS]
    response = page(template, said=said, here="operations", d=shown, now=shown.as_of, stale=stale, sections=by_section)
    return _once(response, said)


def _dashboard(request: Request, seen: TheSeen) -> tuple[models.Dashboard | None, bool]:
    """What is so, or else what was so when the database last answered."""
    try:
        shown = seen()
    except (OperationalError, InterfaceError):
        return request.app.state.last_dashboard, True
    request.app.state.last_dashboard = shown
    return shown, False


def _once(response: HTMLResponse, said: Said | None) -> HTMLResponse:
    if said:
        response.delete_cookie(flash.NAME)
    return response
