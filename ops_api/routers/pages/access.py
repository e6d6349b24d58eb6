"""Access: who may, with what, and who did what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import SecretStr
from sqlalchemy import Engine

from db import dashboard
from db.access import SCOPES, AccessError, Scope, audit, people, tokens
from db.access.attempts import TooManyError
from ops_api.access import current
from ops_api.access.keys import Keys
from ops_api.dependencies import Id, TheEngine, TheKeys
from ops_api.flash import Said
from ops_api.forms import Typed
from ops_api.models import MadePassword, MadeToken, Text
from ops_api.render import page
from ops_api.routers.login import address_of

router = APIRouter(prefix="/access")

#: What each scope lets somebody do, in words.
MAY: dict[Scope, str] = {"read": "look", "operate": "look and operate", "admin": "do everything"}

#: What is shown once.
Made = MadeToken | MadePassword

#: So many entries of the audit are on one page.
ENTRIES = 50


@router.get("")
def access(
    request: Request, engine: TheEngine, before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None
) -> HTMLResponse:
    """The whole page; `before` goes back in the audit. Who is no administrator finds their own password there."""
    return _page(request, engine, before=before)


@router.post("/password")
def change_own_password(
    request: Request, keys: TheKeys, so_far: Annotated[SecretStr, Form()], password: Annotated[SecretStr, Form()]
) -> HTMLResponse:
    """Another password for who is signed in."""

    def act() -> Said:
        keys.change_own_password(so_far.get_secret_value(), password.get_secret_value(), address_of(request))
        return Said("Your password is changed. Other browsers in which you were signed in no longer are.")

    return _done(request, keys, act, Typed("password"))


@router.post("/people")
def add_person(
    request: Request, keys: TheKeys, login: Annotated[Text, Form()], scope: Annotated[Scope, Form()]
) -> HTMLResponse:
    """Let somebody sign in, with a password that is shown once."""
    return _done(
        request, keys, lambda: keys.add_person(login, None, scope), Typed("person", {"login": login, "scope": scope})
    )


@router.post("/people/{login}/scope")
def change_scope(request: Request, keys: TheKeys, login: Text, scope: Annotated[Scope, Form()]) -> HTMLResponse:
    """Say what somebody may."""

    def act() -> Said:
        keys.change_scope(login, scope)
        return Said(f"{login} may {MAY[scope]} now.")

    return _done(request, keys, act)


@router.post("/people/{login}/password")
def change_password(request: Request, keys: TheKeys, login: Text) -> HTMLResponse:
    """Another password for somebody, shown once."""
    return _done(request, keys, lambda: keys.change_password(login, None))


@router.post("/people/{login}/remove")
def remove_person(request: Request, keys: TheKeys, login: Text) -> HTMLResponse:
    """Let somebody sign in no longer."""

    def act() -> Said:
        keys.remove_person(login)
        return Said(f"{login} may sign in no longer.")

    return _done(request, keys, act)


@router.post("/tokens")
def add_token(
    request: Request, keys: TheKeys, name: Annotated[Text, Form()], scope: Annotated[Scope, Form()]
) -> HTMLResponse:
    """A token, shown once."""
    return _done(request, keys, lambda: keys.add_token(name, scope), Typed("token", {"name": name, "scope": scope}))


@router.post("/tokens/{token_id}/revoke")
def revoke_token(request: Request, keys: TheKeys, token_id: Id) -> HTMLResponse:
    """Make a token good for nothing."""

    def act() -> Said:
        keys.revoke_token(token_id)
        return Said("The token is good for nothing now.")

    return _done(request, keys, act)


def _done(request: Request, keys: Keys, act: Callable[[], Said | Made], typed: Typed | None = None) -> HTMLResponse:
    """Do it and show the page with what came of it.

    What is shown once is in this answer: it goes through no redirect, in no cookie.
    """
    try:
        return _page(request, keys.engine, act())
    except (AccessError, TooManyError) as error:
        field = error.field if isinstance(error, AccessError) else ""
        typed = replace(typed or Typed(), mistakes={field: str(error)})
        return _page(request, keys.engine, Said(str(error), bad=True), typed)


def _page(
    request: Request,
    engine: Engine,
    done: Said | Made | None = None,
    typed: Typed | None = None,
    *,
    before: int | None = None,
) -> HTMLResponse:
    said, made = (done, None) if isinstance(done, Said) else (None, done)
    common: dict[str, Any] = {"here": "access", "path": router.prefix, "may_words": MAY, "typed": typed or Typed()}
    if (asks := current.who()) is None or not asks.may("admin"):
        return page(request, "access.html", said=said, made=None, **common)
    with dashboard.instant(engine) as conn:
        entries = audit.read(conn, before=before, limit=ENTRIES)
        shown: dict[str, Any] = {
            "now": dashboard.now(conn),
            "people": people.listed(conn),
            "tokens": tokens.listed(conn),
            "scopes": SCOPES,
            "entries": entries,
            "older": entries[-1]["id"] if len(entries) == ENTRIES else None,
        }
    return page(request, "access.html", said=said, made=made, **common, **shown)
