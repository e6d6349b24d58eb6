"""The application behind a real socket, for as long as a test needs it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from db.access import Scope, sessions, tokens
from db.models import Person
from ops_api.app import app as the_application
from ops_api.app import create_app
from ops_api.prefect import Prefect
from tests.answering import answering

#: Port 9 is `discard`: nothing listens there, so Prefect is away and the refusal is immediate.
NOBODY = "http://127.0.0.1:9/api"

#: What each route takes and returns is worked out at an application's first request, for 0.3 s of processor; it is the
#: same for every application, so it is worked out once.
ROUTES = the_application.router.routes

_NUMBERS = itertools.count(1)


def token(engine: Engine, scope: Scope = "admin") -> str:
    """A new token that is good for this database's application."""
    with engine.begin() as conn:
        return tokens.add(conn, f"test {next(_NUMBERS)}", scope)


def program(engine: Engine, url: str, scope: Scope = "admin", timeout: float = 60) -> httpx.Client:
    """A program with a token, asking the application at this address."""
    return httpx.Client(base_url=url, timeout=timeout, headers={"Authorization": f"Bearer {token(engine, scope)}"})


def session(engine: Engine, scope: Scope = "admin") -> dict[str, str]:
    """The cookie of a browser in which a new person is signed in, who may so much."""
    with engine.begin() as conn:
        values = {"login": f"person-{next(_NUMBERS)}", "password_hash": "none that a password has", "scope": scope}
        person = conn.execute(insert(Person).values(values).returning(Person.id)).scalar_one()
        return {"name": "darkroom_session", "value": sessions.begin(conn, person, "a test")}


@contextmanager
def serving(engine: Engine, prefect_url: str = NOBODY, *, login: bool = True) -> Iterator[tuple[str, FastAPI]]:
    """The address of the application on this database, and the application."""
    app = create_app(engine, Prefect(prefect_url), login=login)
    app.router.routes = ROUTES
    with answering(app) as url:
        yield url, app
