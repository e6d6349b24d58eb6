"""The gate: nobody passes who is not known. What stands behind it need not ask."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import ip_address
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from db import library_settings
from db.access import ANYBODY, Who
from ops_api import nsfw
from ops_api.access.current import asking
from ops_api.access.scopes import OPEN_BELOW, SAFE_METHODS, is_open
from ops_api.access.shown import shown, whose
from ops_api.errors import database_away, error_response
from ops_api.render import page
from ops_api.security import comes_from_elsewhere, says_where_from

#: So many who were let in stay known while the database is away: to see the last numbers, with their age.
REMEMBERED = 256


class Gate:
    """Lets in who shows a session or a token that is good; with `login` off, everybody on this machine."""

    def __init__(self, app: ASGIApp, *, login: bool = True) -> None:
        self.app = app
        self.login = login
        self._last: OrderedDict[str, Who] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(Request(scope), scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        who, refusal = await self._ask(request)
        if refusal is not None and not is_open(request.scope["path"]):
            await refusal(scope, receive, send)
            return
        with asking(who, shows_nsfw=who is not None and who.token is None and await _shows_nsfw(request)):
            await self.app(scope, receive, send)

    async def _ask(self, request: Request) -> tuple[Who | None, Response | None]:
        """Who it is, or what they are told instead."""
        if not self.login:
            return (ANYBODY, None) if _on_this_machine(request) else (None, _elsewhere())
        if (credential := shown(request)) is None:
            return None, _sign_in_first(request)
        try:
            who = await run_in_threadpool(self._look_up, request.app.state.engine, credential)
        except (OperationalError, InterfaceError) as error:
            if (who := self._last.get(credential)) is None:
                return None, _away(request, error)
        if who is None:
            return None, _sign_in_first(request)
        if who.session is not None and request.method not in SAFE_METHODS and not says_where_from(request.headers):
            return None, error_response(403, "forbidden", "The browser does not say which page sent this.")
        return who, None

    def _look_up(self, engine: Engine, credential: str) -> Who | None:
        with engine.begin() as conn:
            who = whose(conn, credential)
        self._last.pop(credential, None)
        if who is not None:
            self._last[credential] = who
            while len(self._last) > REMEMBERED:
                self._last.popitem(last=False)
        return who


async def _shows_nsfw(request: Request) -> bool:
    """Whether the settings show what is NSFW to a browser on this network that has not said otherwise."""
    if request.scope["path"].startswith(OPEN_BELOW) or nsfw.COOKIE in request.cookies or not is_near(request):
        return False
    try:
        return await run_in_threadpool(_nsfw_setting, request.app.state.engine)
    except (OperationalError, InterfaceError):
        return False


def _nsfw_setting(engine: Engine) -> bool:
    with engine.connect() as conn:
        return library_settings.read(conn).nsfw_lan_auto_enable


def is_near(request: Request) -> bool:
    """Whether a request comes from this network, and is known not to have come through a proxy from elsewhere.

    Behind a proxy that is not trusted, the address is the proxy's; what it says of whom it asks for is another one.
    """
    host = request.client.host if request.client else ""
    through = [part.strip() for part in request.headers.get("x-forwarded-for", host).split(",")]
    try:
        return ip_address(host).is_private and host in through and "forwarded" not in request.headers
    except ValueError:
        return False


def _on_this_machine(request: Request) -> bool:
    """Whether the request came in over loopback: no matter what it says of itself."""
    host = (request.scope.get("server") or ("", 0))[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _elsewhere() -> Response:
    return error_response(403, "forbidden", "Without a login this server answers this machine only.")


def _sign_in_first(request: Request) -> Response:
    """A page leads to the form; a program is told what to send.

    Browsers keep the cookie back where another site's link was followed. A page of ours that leads on at once has it
    sent after all: who is signed in then passes through the form's address without seeing it.
    """
    if not _is_page(request):
        message = "Sign in, or send a token in the header Authorization: Bearer."
        return error_response(401, "unauthenticated", message, {"WWW-Authenticate": 'Bearer realm="darkroom"'})
    back = request.scope["path"] if request.method in {"GET", "HEAD"} else "/"
    if (query := request.scope["query_string"].decode("latin-1")) and back != "/":
        back += f"?{query}"
    address = "/login" if back == "/" else f"/login?next={quote(back, safe='/')}"
    if comes_from_elsewhere(request.headers):
        return page(request, "this_way.html", status=200, address=address)
    return RedirectResponse(address, 303)


def _away(request: Request, error: Exception) -> Response:
    if _is_page(request):
        return page(request, "away.html", status=503, here="operations")
    return database_away(error)


def _is_page(request: Request) -> bool:
    wants_json = "application/json" in request.headers.get("accept", "")
    return not wants_json and not request.scope["path"].startswith(("/api/", "/assets/"))
