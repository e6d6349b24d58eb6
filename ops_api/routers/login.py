"""Signing in and out. The form works without JavaScript."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, SecretStr

from db.access.attempts import TooManyError
from db.access.sign_in import Visitor, sign_in, sign_out
from ops_api.access import current
from ops_api.access.shown import give_cookie, take_cookie
from ops_api.dependencies import TheEngine
from ops_api.models import Text
from ops_api.render import page

router = APIRouter(include_in_schema=False)


class Credentials(BaseModel):
    """The fields of the form."""

    login: Text = ""
    password: SecretStr = SecretStr("")
    next: str = "/"


@router.get("/login")
def ask(request: Request, next: str = "/") -> Response:
    """The form; who is in already goes on."""
    if current.who():
        return RedirectResponse(local(next), 303)
    return page(request, "login.html", next=local(next), login="", sorry=None)


@router.post("/login")
def enter(request: Request, engine: TheEngine, wanted: Annotated[Credentials, Form()]) -> Response:
    """Sign in and go on to where one wanted to go."""
    asks, target = current.who(), local(wanted.next)
    visitor = Visitor(address_of(request), request.headers.get("user-agent", ""), asks.session if asks else None)
    try:
        cookie = sign_in(engine, wanted.login, wanted.password.get_secret_value(), visitor)
    except TooManyError as error:
        refused = page(request, "login.html", status=429, next=target, login=wanted.login, sorry=str(error))
        refused.headers["Retry-After"] = str(error.seconds)
        return refused
    if cookie is None:
        sorry = "There is no such login with this password."
        return page(request, "login.html", status=401, next=target, login=wanted.login, sorry=sorry)
    response = RedirectResponse(target, 303)
    give_cookie(request, response, cookie)
    return response


@router.post("/logout")
def leave(request: Request, engine: TheEngine) -> Response:
    """Sign out here; other browsers stay signed in."""
    if asks := current.who():
        sign_out(engine, asks)
    response = RedirectResponse("/login", 303)
    take_cookie(request, response)
    return response


def address_of(request: Request) -> str:
    """Where a request comes from, as far as is known: behind a proxy that is trusted, what that says."""
    return request.client.host if request.client else ""


def local(path: str) -> str:
    """An address of this server, or else its first page: nobody is sent elsewhere."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    elsewhere = parts.scheme or parts.netloc or path.startswith("//") or not path.startswith("/")
    odd = "\\" in path or any(ord(character) < 33 for character in path)
    return "/" if elsewhere or odd else quote(path, safe="/?&=%#+,:;@!$'()*~")
