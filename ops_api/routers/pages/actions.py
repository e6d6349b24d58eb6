"""What a button of a page asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ops_api import nsfw
from ops_api.dependencies import TheDesk
from ops_api.errors import not_found
from ops_api.render import THEME, THEMES, page
from ops_api.request_page import guide
from ops_api.routers.pages.told import told
from ops_api.wishes import VERBS, Back, Wish

router = APIRouter()

#: Seconds.
YEAR = 365 * 24 * 3600


@router.post("/do/{verb}")
def do(request: Request, desk: TheDesk, verb: str, wish: Annotated[Wish, Form()]) -> Response:
    """Do it, and go back to the page. What concerns several jobs is asked back once, with their number."""
    if (act := VERBS.get(verb)) is None:
        raise not_found("There is no such button.")
    if wish.ask and not wish.confirmed:
        return page(request, "confirm.html", action=f"/do/{verb}", wish=wish, here=None)
    return told(request, lambda: act(desk, wish), wish.back)


@router.post("/theme")
def choose_theme(theme: Annotated[str, Form()], back: Annotated[Back, Form()] = "/") -> Response:
    """Dark or light from now on; anything else leaves it to the system."""
    response = RedirectResponse(back, status_code=303)
    if theme in THEMES:
        response.set_cookie(THEME, theme, max_age=YEAR, httponly=True, samesite="strict")
    else:
        response.delete_cookie(THEME)
    return response


@router.post("/guide")
def choose_guide(shown: Annotated[guide.Shown, Form(alias="guide")], back: Annotated[Back, Form()] = "/") -> Response:
    """Put the first steps away in this browser, or have them back."""
    response = RedirectResponse(back, status_code=303)
    response.set_cookie(guide.COOKIE, shown, max_age=YEAR, httponly=True, samesite="strict")
    return response


@router.post("/nsfw")
def choose_nsfw_mode(mode: Annotated[nsfw.Mode, Form(alias="nsfw")], back: Annotated[Back, Form()] = "/") -> Response:
    """Hide what is NSFW in this browser, or show it, from now on."""
    response = RedirectResponse(back, status_code=303)
    response.set_cookie(nsfw.COOKIE, mode, max_age=YEAR, httponly=True, samesite="strict")
    return response
