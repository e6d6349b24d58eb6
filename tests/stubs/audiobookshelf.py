"""Audiobookshelf over real HTTP, as version 2.36 answers, from the books that a test or a folder has.

By itself: `python -m tests.stubs.audiobookshelf --port 13378 --token t FOLDER` lists the books in a folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stubs.answers import Asked, Reply
from tests.stubs.shelf import TOKEN, Book, ShelfStub, main, running

LIBRARY = "5a1c0e6e-2f5b-4a57-9f0e-0d1e6d5b8c11"
PODCASTS = "6b2d1f7f-3a6c-4b68-8a1f-1e2f7e6c9d22"
VERSION = "2.36.0"
STATUS = {
    "app": "audiobookshelf",
    "serverVersion": VERSION,
    "isInit": True,
    "language": "en-us",
    "authMethods": ["local"],
}
LIBRARIES = (
    {"id": LIBRARY, "name": "Audiobooks", "mediaType": "book", "folders": [], "provider": "audible"},
    {"id": PODCASTS, "name": "Podcasts", "mediaType": "podcast", "folders": [], "provider": "itunes"},
)


class AudiobookshelfStub(ShelfStub):
    """One library of books, and one of podcasts."""

    def let_in(self, asked: Asked) -> bool:
        return self.token is None or asked.headers.get("authorization") == f"Bearer {self.token}"

    def answer(self, asked: Asked, method: str) -> Reply:
        path = asked.path.split("/")[1:]
        if path == ["status"]:
            return _json(STATUS)
        if not self.let_in(asked):
            return Reply(401, b"Unauthorized")
        match method, path:
            case "GET", ["api", "libraries"]:
                return _json({"libraries": LIBRARIES})
            case "GET", ["api", "libraries", id, "items"] if id == LIBRARY:
                return self._items(asked)
            case "POST", ["api", "libraries", id, "scan"] if id == LIBRARY:
                self.scans += 1
                self.look()
                return Reply(200, b"OK", {"Content-Type": "text/plain"})
        return Reply(404, b"Not Found")

    def _items(self, asked: Asked) -> Reply:
        newest_first = asked.said("desc") == "1"
        books = sorted(self.books, key=lambda book: (book.added, book.number), reverse=newest_first)
        limit, page = int(asked.said("limit") or 0), int(asked.said("page") or 0)
        some = books[page * limit : (page + 1) * limit] if limit else books
        said = {"results": [_item(each) for each in some], "total": len(books), "limit": limit, "page": page}
        return _json(said | {"sortBy": asked.said("sort"), "sortDesc": newest_first, "mediaType": "book"})


def _item(book: Book) -> dict[str, Any]:
    metadata = {
        "title": book.title,
        "titleIgnorePrefix": book.title,
        "subtitle": None,
        "authorName": book.author or "",
        "narratorName": book.narrator or "",
        "seriesName": "",
        "genres": [],
        "publishedYear": None,
        "isbn": book.isbn,
        "asin": book.asin,
        "language": None,
        "explicit": False,
    }
    sound = 0 if book.duration is None else 1
    media = {"metadata": metadata, "coverPath": None, "tags": [], "numTracks": sound, "numAudioFiles": sound}
    return {
        "id": f"li_{book.number:08}",
        "libraryId": LIBRARY,
        "path": book.path or f"/audiobooks/{book.title}",
        "isFile": False,
        "addedAt": int(book.added * 1000),
        "updatedAt": int(book.added * 1000),
        "isMissing": False,
        "isInvalid": False,
        "mediaType": "book",
        "media": media | {"numChapters": 0, "duration": book.duration or 0, "size": 1, "ebookFormat": None},
        **book.instead,
    }


def _json(said: Any) -> Reply:
    return Reply(200, json.dumps(said).encode(), {"Content-Type": "application/json; charset=utf-8"})


@contextmanager
def audiobookshelf(
    token: str | None = TOKEN, folder: Path | None = None, port: int = 0
) -> Iterator[AudiobookshelfStub]:
    """An Audiobookshelf that answers for as long as the block lasts."""
    with running(AudiobookshelfStub(token, port, folder)) as stub:
        yield stub


if __name__ == "__main__":
    main(AudiobookshelfStub, 13378, __doc__)
