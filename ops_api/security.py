"""Which names this server answers to, which pages may command it, and what browsers are told about its own."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from darkroom.settings import Settings
from ops_api.access.scopes import SAFE_METHODS
from ops_api.errors import error_response

#: RFC 9110 7.2: an address of IPv6 in brackets, or a name or an address of IPv4, then perhaps a port.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]+)?")

#: Ten thousand ids in JSON are a fifth of this.
LARGEST_BODY = 1_000_000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses foreign hosts (DNS rebinding) and foreign pages (request forgery), and sets the security headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = LOOPBACK | set(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_ours(hostname(headers.get("host", "")), scope):
            refusal = error_response(400, "bad_host", "This server does not answer to that name.")
        elif scope["method"] not in SAFE_METHODS and is_foreign(headers):
            refusal = error_response(403, "forbidden", "A page from elsewhere may not do this.")
        else:
            await self.app(scope, _bounded(receive), _with_headers(send))
            return
        await refusal(scope, receive, _with_headers(send))

    def _is_ours(self, name: str | None, scope: Scope) -> bool:
        """Whether it is a name of ours, or the very address that was reached: no rebound name can spell that."""
        return name is not None and (name in self.hosts or name == (scope.get("server") or ("", 0))[0])


def names(settings: Settings) -> set[str]:
    """The names that are answered to besides the loopback's: those of the settings, and of this machine."""
    given = {name.strip().lower() for name in settings.allowed_hosts.split(",")} - {""}
    machine = socket.gethostname().lower()
    return given | {settings.host.lower(), machine, f"{machine.partition('.')[0]}.local"}


def hostname(host: str) -> str | None:
    """The name in a Host header, without port and brackets; None where there is none, or more than that."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else None


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this. A program that is no browser says neither."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def says_where_from(headers: Headers) -> bool:
    """Whether a browser says which page sent this: what a session does must be known to come from a page of ours."""
    return "sec-fetch-site" in headers or "origin" in headers


def comes_from_elsewhere(headers: Headers) -> bool:
    """Whether a link on another site's page led here. Over plain HTTP only the referrer says so."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in {"cross-site", "same-site"}
    referrer = headers.get("referer")
    return referrer is not None and referrer.partition("://")[2].partition("/")[0] != headers.get("host")


def _bounded(receive: Receive) -> Receive:
    """What is sent, as long as it is no more than anybody has reason to send: forms and JSON are read whole."""
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise HTTPException(413, f"This is more than {LARGEST_BODY:,} bytes, which nothing here needs.")
        return message

    return receive_bounded


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_with_headers
