"""What the stubs of library servers share: books, those that lie in a folder among them, and a real HTTP server."""

from __future__ import annotations

import argparse
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import mutagen

from tests.stubs.answers import MISBEHAVIOURS, Asked, Reply

AUDIO = frozenset({".m4b", ".m4a", ".mp3", ".flac", ".ogg", ".opus"})
TOKEN = "t0ken"
#: `Title [B002V1OF70]`, as folders are named.
_FOLDER = re.compile(r"(?P<title>.+?)\s*(?:\[(?P<asin>[A-Z0-9]{10})\])?")
ALBUM, ARTIST = ("album", "\xa9alb", "TALB"), ("albumartist", "aART", "TPE2", "artist", "\xa9ART", "TPE1")


@dataclass
class Book:
    """A book that is listed. Times in seconds since 1970."""

    title: str
    author: str | None = None
    narrator: str | None = None
    asin: str | None = None
    isbn: str | None = None
    duration: float | None = 3600.0
    added: float = 1_700_000_000.0
    path: str | None = None
    number: int = 0
    #: Said instead of what would be.
    instead: dict[str, Any] = field(default_factory=dict)


class ShelfStub:
    """What a library server has, whom it lets in, what it was asked. Subclasses know how it answers."""

    port = 0

    def __init__(self, token: str | None = TOKEN, port: int = 0, folder: Path | None = None) -> None:
        self.token, self.folder, self._port = token, folder, port
        self.books: list[Book] = []
        self.asked: list[Asked] = []
        #: How it misbehaves, by the beginning of a path: a name of `MISBEHAVIOURS`, or the answer.
        self.misbehaves: dict[str, str | Reply] = {}
        #: Called before each answer.
        self.before: Callable[[Asked], None] = lambda _: None
        #: Whether it sees new files by itself; otherwise only when it is told to look. How often it was told.
        self.watches, self.scans = True, 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def answer(self, asked: Asked, method: str) -> Reply:
        raise NotImplementedError

    def let_in(self, asked: Asked) -> bool:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def add(self, title: str, author: str | None = None, **said: Any) -> Book:
        """List a book; each is newer than the one before."""
        with self._lock:
            number = 1 + max((book.number for book in self.books), default=0)
            said = {"added": 1_700_000_000.0 + number} | said
            book = Book(title, author, number=number, **said)
            self.books.append(book)
            return book

    def misbehave(self, how: str | Reply | None, path: str = "/") -> None:
        """Answer so to everything under a path from now on; None ends it."""
        if how is None:
            self.misbehaves.pop(path, None)
        else:
            self.misbehaves[path] = how

    def look(self) -> None:
        """List the books that lie in the folder, forget those that lie there no more."""
        if self.folder is None:
            return
        there = {str(path): path for path in book_folders(self.folder)}
        with self._lock:
            self.books = [book for book in self.books if book.path is None or book.path in there]
            known = {book.path for book in self.books}
        for name in sorted(set(there) - known):
            self.add(**read_folder(there[name]), added=time.time(), path=name)

    def respond(self, asked: Asked, method: str) -> Reply:
        self.asked.append(asked)
        self.before(asked)
        for path in sorted(self.misbehaves, key=len, reverse=True):
            if asked.path.startswith(path):
                how = self.misbehaves[path]
                return MISBEHAVIOURS[how] if isinstance(how, str) else how
        if self.watches:
            self.look()
        return self.answer(asked, method)

    def up(self) -> None:
        """Begin to answer, where it answered before."""
        server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        server.daemon_threads = True
        self._server, self._port = server, server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Refuse connections until it is up again."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(10)
            self._server = None


Stub = TypeVar("Stub", bound=ShelfStub)


@contextmanager
def running(stub: Stub) -> Iterator[Stub]:
    """A server that answers for as long as the block lasts."""
    stub.up()
    try:
        yield stub
    finally:
        stub.down()


def book_folders(root: Path) -> list[Path]:
    """The folders in which audio files lie, and none that is being written."""
    found = {path.parent for path in root.rglob("*") if path.suffix.lower() in AUDIO and path.is_file()}
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))


def read_folder(folder: Path) -> dict[str, Any]:
    """What a library server makes of a book's folder: its files' tags, else the names of folders."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in AUDIO)
    tags, seconds = [mutagen.File(path) for path in files], 0.0
    for each in tags:
        seconds += getattr(getattr(each, "info", None), "length", 0.0)
    named = _FOLDER.fullmatch(folder.name)
    first = tags[0] if tags and tags[0] is not None else {}
    return {
        "title": _tag(first, ALBUM) or (named["title"] if named else folder.name),
        "author": _tag(first, ARTIST) or folder.parent.name,
        "asin": named["asin"] if named else None,
        "duration": seconds or None,
    }


def _tag(tags: Any, names: tuple[str, ...]) -> str | None:
    found = (_value(tags, name) for name in names)
    values = [getattr(each, "text", each) for each in found if each]
    return str(values[0][0]) if values else None


def _value(tags: Any, name: str) -> Any:
    try:
        return tags.get(name)
    except ValueError:  # what MP4 calls its tags is no name for Vorbis's
        return None


def _handler(stub: ShelfStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond("GET")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._respond("POST")

        def _respond(self, method: str) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = stub.respond(Asked(parts.path, parse_qs(parts.query), headers), method)
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if not reply.endless:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
                for _ in range(64 if reply.endless else 0):
                    self.wfile.write(b" " * (1 << 20))

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def main(make: Callable[..., ShelfStub], port: int, about: str | None) -> None:
    """Answer by itself, from a folder, until it is stopped."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("folder", type=Path)
    said = parser.parse_args()
    with running(make(said.token, said.port, said.folder)):
        threading.Event().wait()
