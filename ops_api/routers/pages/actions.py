"""What a button of a page asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ops_api import flash, models, nsfw
from ops_api.dependencies import TheDesk
from ops_api.desk import Desk
from ops_api.errors import REFUSALS, not_found
from ops_api.flash import Said
from ops_api.render import THEME, THEMES, page
from ops_api.wishes import VERBS, Act, Back, Wish

router = APIRouter()

#: Seconds.
YEAR = 365 * 24 * 3600


@router.post("/do/{verb}")
def do(request: Request, desk: TheDesk, verb: str, wish: Annotated[Wish, Form()]) -> Response:
    """Do it, and go back to the page. What concerns several jobs is asked back once, with their number."""
    if (act := VERBS.get(verb)) is None:
        raise not_found("There is no such button.")
    if wish.ask and not wish.confirmed:
        return page(request, "confirm.html", verb=verb, wish=wish, here=None)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(act(desk, wish).model_dump(mode="json", by_alias=True))
    return _told(act, desk, wish)


@router.post("/theme")
def choose_theme(theme: Annotated[str, Form()], back: Annotated[Back, Form()] = "/") -> Response:
    """Dark or light from now on; anything else leaves it to the system."""
    response = RedirectResponse(back, status_code=303)
    if theme in THEMES:
        response.set_cookie(THEME, theme, max_age=YEAR, httponly=True, samesite="strict")
    else:
        response.delete_cookie(THEME)
    return response


@router.post("/nsfw")
def choose_nsfw_mode(mode: Annotated[nsfw.Mode, Form(alias="nsfw")], back: Annotated[Back, Form()] = "/") -> Response:
    """Hide what is NSFW in this browser, or show it, from now on."""
    response = RedirectResponse(back, status_code=303)
    response.set_cookie(nsfw.COOKIE, mode, max_age=YEAR, httponly=True, samesite="strict")
    return response


def _told(act: Act, desk: Desk, wish: Wish) -> Response:
    try:
        told = act(desk, wish)
        said = Said(told.message, undo=told.undo if isinstance(told, models.Cleared) else None)
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    response = RedirectResponse(wish.back, status_code=303)
    flash.say(response, said)
    return response
