"""Signing in and out: the limit first, then the password, then a session that nobody has seen before."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from db.access import attempts, audit, passwords, people, sessions
from db.access.people import Person
from db.access.types import Who


@dataclass(frozen=True)
class Visitor:
    """From where somebody signs in, in which browser, and in which session that browser was so far."""

    address: str
    user_agent: str = ""
    session: int | None = None


def proven(engine: Engine, login: str, password: str, address: str) -> Person | None:
    """The person, where login and password are right; the same work is done for a login that nobody has.

    The password is looked at between two transactions, so that the slow work holds no connection.

    Raises:
        TooManyError: too many attempts failed; this one was not made.
    """
    login = login.strip()
    with engine.begin() as conn:
        attempts.spend(conn, login, address)
        person = people.find(conn, login)
    good = passwords.matches(password, person.password_hash if person else None)
    with engine.begin() as conn:
        if person and good:
            attempts.forgive(conn, login, address)
            return person
        # What was typed for a login may be a password.
        audit.record(conn, person.login if person else "somebody", "sign-in-refused", {"address": address})
    return None


def sign_in(engine: Engine, login: str, password: str, visitor: Visitor) -> str | None:
    """A new session's cookie; None where the login or the password is wrong. The old session ends.

    Raises:
        TooManyError: too many attempts failed; this one was not made.
    """
    if (person := proven(engine, login, password, visitor.address)) is None:
        return None
    with engine.begin() as conn:
        if visitor.session is not None:
            sessions.end(conn, visitor.session)
        audit.record(conn, person.login, "sign-in", {"address": visitor.address})
        return sessions.begin(conn, person.id, visitor.user_agent)


def sign_out(engine: Engine, who: Who) -> None:
    """End the session that somebody is in."""
    with engine.begin() as conn:
        if who.session is not None:
            sessions.end(conn, who.session)
            audit.record(conn, who, "sign-out")
