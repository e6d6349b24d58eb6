"""What answers at a client's address and is no such client, or wants to be trusted with too much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import PROTOCOLS, ClientSettings
from tasks.errors import PermanentError, TransientError

KINDS = sorted(PROTOCOLS)
SECRET = "hunter2"


@dataclass
class Strange:
    """Answers everything with the same."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"<html>Hello</html>"
    asked: int = 0


@pytest.fixture
def strange() -> Iterator[Strange]:
    said = Strange()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked += 1
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield said
    server.shutdown()
    server.server_close()


def ask(kind: str, url: str) -> None:
    with opened(ClientSettings(kind, url, "somebody", SECRET)) as client:
        client.statuses(["0" * 40])


@pytest.mark.parametrize("kind", KINDS)
def test_another_program_at_the_address_is_said_in_a_sentence(kind, strange):
    with pytest.raises(PermanentError, match="What answers at http") as refused:
        ask(kind, strange.url)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_leads_elsewhere_is_not_followed_with_a_password(kind, strange):
    strange.status, strange.headers = 307, {"Location": f"{strange.url}/elsewhere"}
    with pytest.raises(PermanentError) as refused:
        ask(kind, strange.url)
    assert SECRET not in str(refused.value)
    assert strange.asked <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_well_may_be_so_again(kind, strange):
    strange.status = 503
    with pytest.raises(TransientError):
        ask(kind, strange.url)


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_checked_before_anybody_is_asked(kind):
    for url in ("ftp://a/", "localhost:8080", "http://user:word@a/"):
        with pytest.raises(PermanentError, match="http://"):
            ask(kind, url)


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_not_let_in_does_not_try_again(kind, strange):
    strange.status = 403
    with pytest.raises(PermanentError) as refused:
        ask(kind, strange.url)
    assert SECRET not in str(refused.value)
    assert strange.asked <= 3
