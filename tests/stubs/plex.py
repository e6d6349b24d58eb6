"""Plex Media Server over real HTTP: XML, or JSON where it is asked for, from the books that a test or a folder has.

By itself: `python -m tests.stubs.plex --port 32400 --token t FOLDER` lists the books in a folder, library 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from tests.stubs.answers import Asked, Reply
from tests.stubs.shelf import TOKEN, Book, ShelfStub, main, running

VERSION = "1.41.3.9314-a0bfb8370"
#: As it refuses whoever has no token of its owner's.
UNAUTHORIZED = Reply(
    401,
    b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>",
    {"Content-Type": "text/html"},
)
NOT_FOUND = Reply(404, b"<html><head><title>Not Found</title></head><body><h1>404 Not Found</h1></body></html>")
IDENTITY = {"size": 0, "claimed": 1, "machineIdentifier": "f0f0", "version": VERSION}
SECTIONS = (
    {"key": "1", "type": "artist", "title": "Audiobooks", "agent": "tv.plex.agents.music", "scanner": "Plex Music"},
    {"key": "2", "type": "movie", "title": "Films", "agent": "tv.plex.agents.movie", "scanner": "Plex Movie"},
)
ALBUM = "9"


class PlexStub(ShelfStub):
    """One library of albums, and one of films."""

    sections = SECTIONS

    def let_in(self, asked: Asked) -> bool:
        return self.token is None or self.token in {asked.headers.get("x-plex-token"), asked.said("X-Plex-Token")}

    def answer(self, asked: Asked, method: str) -> Reply:
        path = asked.path.rstrip("/") or "/"
        if path == "/identity":
            return _container(asked, IDENTITY)
        if not self.let_in(asked):
            return UNAUTHORIZED
        match path.split("/")[1:]:
            case [""]:
                return _container(asked, IDENTITY | {"friendlyName": "Home", "myPlex": 1, "platform": "Linux"})
            case ["library"]:
                return _container(
                    asked, {"size": 3, "title1": "Plex Library", "identifier": "com.plexapp.plugins.library"}
                )
            case ["library", "sections"]:
                return _container(asked, {"size": len(self.sections), "title1": "Plex Library"}, [*self.sections])
            case ["library", "sections", "1", "all"]:
                return self._all(asked)
            case ["library", "sections", "1", "refresh"]:
                self.scans += 1
                self.look()
                return Reply(200)
        return NOT_FOUND

    def _all(self, asked: Asked) -> Reply:
        assert asked.said("type") == ALBUM, "without it, Plex lists artists"
        newest_first = (asked.said("sort") or "").endswith(":desc")
        books = sorted(self.books, key=lambda book: (book.added, book.number), reverse=newest_first)
        start = int(asked.headers.get("x-plex-container-start") or 0)
        size = int(asked.headers.get("x-plex-container-size") or len(books))
        some = books[start : start + size]
        facts = {"size": len(some), "totalSize": len(books), "offset": start, "viewGroup": "album"}
        return _container(asked, facts, [_album(book, bool(asked.said("includeGuids"))) for book in some])


def _album(book: Book, guids: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "ratingKey": str(1000 + book.number),
        "key": f"/library/metadata/{1000 + book.number}/children",
        "guid": f"local://{1000 + book.number}",
        "type": "album",
        "title": book.title,
        "parentTitle": book.author,
        "addedAt": int(book.added),
        "updatedAt": int(book.added),
    }
    if book.asin and guids:
        said["Guid"] = [{"id": f"com.plexapp.agents.audnexus://{book.asin}_us?lang=en"}]
    if book.narrator:
        said["Style"] = [{"tag": book.narrator}]
    return {name: value for name, value in (said | book.instead).items() if value is not None}


def _container(asked: Asked, facts: dict[str, Any], entries: list[dict[str, Any]] | None = None) -> Reply:
    """As it is asked for: XML, unless JSON is."""
    if "json" in asked.headers.get("accept", ""):
        # it leaves an empty list out
        listed = {"Metadata": entries} if entries else {}
        return Reply(200, json.dumps({"MediaContainer": facts | listed}).encode(), {"Content-Type": "application/json"})
    body = "".join(_element("Directory", each) for each in entries or ())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<MediaContainer {_attributes(facts)}>{body}</MediaContainer>'
    return Reply(200, xml.encode(), {"Content-Type": "text/xml;charset=utf-8"})


def _element(name: str, said: dict[str, Any]) -> str:
    children = "".join(
        _element(key, child) for key, value in said.items() if isinstance(value, list) for child in value
    )
    return f"<{name} {_attributes(said)}>{children}</{name}>"


def _attributes(said: dict[str, Any]) -> str:
    return " ".join(f"{key}={quoteattr(str(value))}" for key, value in said.items() if not isinstance(value, list))


@contextmanager
def plex(token: str | None = TOKEN, folder: Path | None = None, port: int = 0) -> Iterator[PlexStub]:
    """A Plex that answers for as long as the block lasts."""
    with running(PlexStub(token, port, folder)) as stub:
        yield stub


if __name__ == "__main__":
    main(PlexStub, 32400, __doc__)
