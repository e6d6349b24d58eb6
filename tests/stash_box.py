"""A small stash-box: GraphQL over HTTP as the real one speaks it, and the pictures that it serves."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image

#: A phash that differs in so few bits is proposed, as the public ones have it set.
PHASH_DISTANCE = 4
FIELDS = re.compile(r"findScenesBySceneFingerprints\(fingerprints: \$fingerprints\) \{(.*)\}\s*\}", re.DOTALL)


@dataclass
class Reply:
    """An answer given in place of the real one."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def scene(**said: Any) -> dict[str, Any]:
    """A scene with every field that the schema has, as far as a client may ask for them."""
    nothing = {"title": None, "details": None, "date": None, "duration": None, "studio": None}
    lists = {name: [] for name in ("urls", "performers", "tags", "images", "fingerprints")}
    return {"id": "0b5ac4a4-6a3b-4d6e-9a52-1c1f5a1c9f10"} | nothing | lists | said


def fingerprint(algorithm: str, value: str, duration: int = 60) -> dict[str, Any]:
    """A hash of a scene."""
    return {"algorithm": algorithm, "hash": value, "duration": duration}


def png(width=64, height=36, mode="RGBA", colour=(255, 0, 0, 128)):
    """A picture that can be seen through."""
    file = BytesIO()
    Image.new(mode, (width, height), colour).save(file, "PNG")
    return file.getvalue()


class StashBoxServer:
    """What it knows, whom it lets in, what it was asked; `replies` are given first, one for each request."""

    def __init__(self, key: str | None = None) -> None:
        self.key, self.scenes, self.pictures = key, [], {}
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        #: Set while a request waits for `release`.
        self.stalled, self.release = threading.Event(), threading.Event()
        self.stalls = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/graphql"

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.stalls:
            self.stalled.set()
            self.release.wait(60)
        if self.replies:
            return self.replies.pop(0)
        if asked.method == "GET":
            picture = self.pictures.get(asked.path)
            return picture if isinstance(picture, Reply) else Reply(200, picture) if picture else Reply(404)
        if asked.path != "/graphql":
            return Reply(404, b"404 page not found")
        if self.key is not None and asked.headers.get("apikey") != self.key:
            return _graphql(401, errors=[{"message": "not authorized"}])
        return self._graphql(asked.body)

    def _graphql(self, body: dict[str, Any]) -> Reply:
        if "me {" in body["query"]:
            return _graphql(data={"me": {"name": "someone"}})
        if FIELDS.search(body["query"]) is None:
            return _graphql(422, errors=[{"message": "Cannot query that field", "extensions": {}}], data=None)
        wanted = body["variables"]["fingerprints"]
        if len(wanted) > 40:
            return _graphql(
                errors=[{"message": "Too many scenes", "path": ["findScenesBySceneFingerprints"]}], data=None
            )
        assert all(set(one) == {"hash", "algorithm"} for video in wanted for one in video)
        found = [[known for known in self.scenes if _fits(known, video)] for video in wanted]
        return _graphql(data={"findScenesBySceneFingerprints": found})

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


def _graphql(status: int = 200, **body: Any) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _fits(known: dict[str, Any], video: list[dict[str, str]]) -> bool:
    return any(
        ours["algorithm"] == theirs["algorithm"] and _alike(ours["algorithm"], ours["hash"], theirs["hash"])
        for ours in video
        for theirs in known["fingerprints"]
    )


def _alike(algorithm: str, ours: str, theirs: str) -> bool:
    if algorithm != "PHASH":
        return ours == theirs
    return (int(ours, 16) ^ int(theirs, 16)).bit_count() <= PHASH_DISTANCE


def _handler(server: StashBoxServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(json.loads(body))

        def do_GET(self) -> None:
            self._reply(None)

        def _reply(self, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.answer(Asked(self.command, self.path, headers, body))
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def stash_box(key: str | None = None) -> Iterator[StashBoxServer]:
    """A stash-box that answers for as long as the block lasts."""
    server = StashBoxServer(key)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(60)
