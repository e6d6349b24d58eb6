from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from deployments.cli import chain
from deployments.cli.app import run
from tests.unit.cli.stub import Darkroom, Ran, System


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    known = System()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = f"{self.command} {parts.path}"
            known.asked.append((request, dict(parse_qsl(parts.query)), json.loads(sent) if sent else None))
            known.shown.append(self.headers["Authorization"])
            status, body = known.answer(request)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("DARKROOM_URL", known.url)
    monkeypatch.delenv("DARKROOM_TOKEN", raising=False)
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def darkroom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Darkroom:
    """The command line, as a function of its words."""
    monkeypatch.setattr(chain, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(chain, "PATIENCE", 0.05)

    def darkroom(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["darkroom", *words])
        code = run()
        return Ran(code, *capsys.readouterr())

    return darkroom
