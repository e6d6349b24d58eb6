from __future__ import annotations

import anyio
import pytest
from fastapi import Request, Response
from starlette.responses import PlainTextResponse
from starlette.types import Message

from ops_api.access.gate import Gate
from ops_api.access.shown import give_cookie, shown, take_cookie
from tests.unit.ops.ask import ask


def request(scheme: str = "http", **headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "scheme": scheme, "server": ("nas", 443), "path": "/", "headers": raw})


def test_over_tls_the_cookie_is_secure_and_bound_to_this_host():
    response = Response()
    give_cookie(request("https"), response, "session_1_secret")
    (cookie,) = response.headers.getlist("set-cookie")
    assert cookie.startswith("__Host-darkroom_session=session_1_secret; ")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    take_cookie(request("https"), response)
    gone = response.headers.getlist("set-cookie")[1]
    assert gone.startswith('__Host-darkroom_session=""; ')
    assert {"Secure", "Max-Age=0", "Path=/"} <= set(gone.split("; "))


def test_a_cookie_that_plain_http_could_have_set_is_not_taken_over_tls():
    planted = {"cookie": "darkroom_session=session_1_planted"}
    assert shown(request("https", **planted)) is None
    assert shown(request("http", **planted)) == "session_1_planted"


@pytest.mark.parametrize("server", ["192.168.1.5", "nas.lan", "0.0.0.0"])
def test_without_a_login_only_what_comes_over_loopback_is_answered(server):
    gate = Gate(PlainTextResponse("in"), login=False)
    answer = ask(gate, f"http://{server}", Host="localhost")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    said_so = {"Cookie": "darkroom_nsfw=off"}  # so that no database is asked
    assert ask(gate, "http://127.0.0.1", **said_so).text == "in"
    assert ask(gate, "http://[::1]", **said_so).text == "in"


def test_a_websocket_is_closed():
    sent = []

    async def connect() -> None:
        await Gate(PlainTextResponse("in"))({"type": "websocket"}, anyio.sleep_forever, send)

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(connect)
    assert sent == [{"type": "websocket.close", "code": 1008}]
