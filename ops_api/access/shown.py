"""What a request shows of itself: the cookie of a session, or a program's token."""

from __future__ import annotations

from fastapi import Request, Response
from sqlalchemy import Connection

from db.access import Who, sessions, tokens

SECONDS = sessions.LONGEST_DAYS * 86_400


def cookie_name(request: Request) -> str:
    """The session's cookie. Over TLS its name has browsers refuse it from other hosts and over plain HTTP."""
    return "__Host-darkroom_session" if _over_tls(request) else "darkroom_session"


def give_cookie(request: Request, response: Response, value: str) -> None:
    """Have the browser keep the session: no script reads it, no other site's page sends it."""
    response.set_cookie(
        cookie_name(request), value, SECONDS, secure=_over_tls(request), httponly=True, samesite="strict"
    )


def take_cookie(request: Request, response: Response) -> None:
    """Have the browser forget the session."""
    response.delete_cookie(cookie_name(request), secure=_over_tls(request), httponly=True, samesite="strict")


def shown(request: Request) -> str | None:
    """The token, else the cookie, if there is either. What a proxy in front wants to know (Basic) is none of ours."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    return request.cookies.get(cookie_name(request))


def whose(conn: Connection, credential: str) -> Who | None:
    """Who shows this; None where it is good for nothing."""
    return sessions.find(conn, credential) or tokens.find(conn, credential)


def _over_tls(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")
