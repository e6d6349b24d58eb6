"""Audiobookshelf 2.8 and newer, by its API (api.audiobookshelf.org)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tasks.clients.fields import line, whole
from tasks.clients.shelves import asking, pages
from tasks.clients.shelves.types import Library, ShelfItem, ShelfSettings
from tasks.clients.web import Params, Web
from tasks.control import Control

BOOKS = "book"
#: Of its times, in a second.
TICKS = 1000


class Audiobookshelf:
    """One Audiobookshelf."""

    def __init__(self, settings: ShelfSettings, web: Web, control: Control) -> None:
        self._settings, self._web, self._control = settings, web, control

    def test(self) -> str:
        """As `ShelfServer.test`. Its status is everybody's: the libraries prove the token."""
        said = self._get("status")
        if said.get("app") != "audiobookshelf" and "serverVersion" not in said:
            raise asking.not_understood(self._settings, "it does not call itself audiobookshelf")
        self.libraries()
        return f"Audiobookshelf {line(said.get('serverVersion'), 60) or 'of unknown version'}"

    def libraries(self) -> list[Library]:
        """As `ShelfServer.libraries`."""
        found = self._get("api/libraries").get("libraries")
        if not isinstance(found, list):
            raise asking.not_understood(self._settings, "there is no list of libraries in its answer")
        books = [each for each in found if isinstance(each, dict) and each.get("mediaType") == BOOKS]
        ids = [(line(each.get("id"), 100), line(each.get("name"), 200)) for each in books]
        return [Library(id, name or id) for id, name in ids if id]

    def scan(self, library_id: str, path: str | None = None) -> None:
        """As `ShelfServer.scan`. It cannot be told which folder."""
        asking.ask(
            self._web,
            self._settings,
            f"api/libraries/{quote(library_id, safe='')}/scan",
            self._control,
            method="POST",
            headers=self._header,
        )

    def items(
        self, library_id: str, *, since: datetime | None = None, newest: int | None = None
    ) -> Iterator[ShelfItem]:
        """As `ShelfServer.items`."""
        newest_first = since is not None or newest is not None
        size = min(pages.PAGE, newest) if newest and since is None else pages.PAGE
        return pages.listed(lambda start: self._page(library_id, newest_first, start, size), since, newest)

    def _page(self, library_id: str, newest_first: bool, start: int, size: int) -> pages.Page:
        question: Params = {
            "limit": size,
            "page": -(-start // size),
            "sort": "addedAt",
            "desc": int(newest_first),
            "minified": 1,
        }
        said = self._get(f"api/libraries/{quote(library_id, safe='')}/items", question)
        entries, total = said.get("results"), whole(said.get("total"), pages.MOST_ITEMS)
        if not isinstance(entries, list) or total is None:
            raise asking.not_understood(self._settings, "there is no list of items in its answer")
        return pages.Page([found for each in entries if (found := item(each))], len(entries), total)

    def _get(self, path: str, params: Params | None = None) -> Mapping[str, Any]:
        bounds = asking.PAGE if params else asking.SMALL
        answer = asking.ask(
            self._web, self._settings, path, self._control, bounds=bounds, params=params, headers=self._header
        )
        return asking.as_json(self._settings, answer)

    @property
    def _header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._settings.token}"} if self._settings.token else {}


def item(said: object) -> ShelfItem | None:
    """An item as a book; None where it is none to listen to, or its files are gone."""
    media = said.get("media") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(media, dict) or said.get("isMissing") is True:
        return None
    about = media.get("metadata")
    guid, title = line(said.get("id"), 100), line(about.get("title")) if isinstance(about, dict) else None
    if guid is None or title is None or not _is_heard(media) or not isinstance(about, dict):
        return None
    return ShelfItem(
        guid=guid,
        title=title,
        author=line(about.get("authorName")),
        narrator=line(about.get("narratorName")),
        asin=pages.asin(about.get("asin")),
        isbn=pages.isbn(about.get("isbn")),
        duration=pages.number(media.get("duration")) or None,
        added_at=_moment(said.get("addedAt")),
        updated_at=_moment(said.get("updatedAt")),
        path=line(said.get("path"), 4096),
    )


def _is_heard(media: Mapping[str, Any]) -> bool:
    """Whether it has sound; one that is not said to have none has some."""
    files = media.get("audioFiles")
    counts = (len(files) if isinstance(files, list) else None, media.get("numAudioFiles"), media.get("duration"))
    said = next((each for each in counts if each is not None), None)
    return said is None or bool(said)


def _moment(ticks: object) -> datetime | None:
    value = pages.number(ticks)
    return pages.moment(value / TICKS) if value else None
