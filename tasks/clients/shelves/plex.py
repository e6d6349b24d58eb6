"""Plex: audiobooks are the albums of its music libraries.

Source: Plex Media Server's API, as python-plexapi has it. That library asks for what is small. Items are read here:
its objects ask the server again for each attribute that is empty, and hold all of a library at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import requests
from plexapi import BASE_HEADERS
from plexapi.exceptions import NotFound, PlexApiException, Unauthorized
from plexapi.server import PlexServer

from darkroom import __version__
from tasks.clients.downloads.guard import PATIENCE, guard
from tasks.clients.fields import line, whole
from tasks.clients.shelves import asking, pages
from tasks.clients.shelves.types import Library, ShelfItem, ShelfSettings
from tasks.clients.web import Web
from tasks.clients.words import repeatable
from tasks.control import Control
from tasks.errors import PermanentError, TransientError

Result = TypeVar("Result")

#: Its number for albums, and its word for libraries of music.
ALBUM, MUSIC = 9, "artist"
#: An agent for audiobooks names the book at Audible in the guid.
_AGENT = re.compile(r"(?:audible|audnexus)://([A-Z0-9]{10})(?![A-Za-z0-9])")

# What the library would tell of this machine instead: its name and the address of its network card.
BASE_HEADERS.update(
    {
        "X-Plex-Product": "Darkroom",
        "X-Plex-Version": __version__,
        "X-Plex-Device": "Darkroom",
        "X-Plex-Device-Name": "Darkroom",
        "X-Plex-Client-Identifier": "darkroom",
    }
)


class Plex:
    """One Plex Media Server."""

    def __init__(self, settings: ShelfSettings, web: Web, control: Control) -> None:
        self._settings, self._web, self._control = settings, web, control

    def test(self) -> str:
        """As `ShelfServer.test`."""
        return self._small(lambda api: f"Plex {line(api.version, 60) or 'of unknown version'}")

    def libraries(self) -> list[Library]:
        """As `ShelfServer.libraries`."""
        return self._small(
            lambda api: [
                Library(str(each.key), line(each.title, 200) or str(each.key))
                for each in api.library.sections()
                if each.type == MUSIC
            ]
        )

    def scan(self, library_id: str, path: str | None = None) -> None:
        """As `ShelfServer.scan`."""
        number = int(_number(library_id))
        self._small(lambda api: api.library.sectionByID(number).update(path))

    def items(
        self, library_id: str, *, since: datetime | None = None, newest: int | None = None
    ) -> Iterator[ShelfItem]:
        """As `ShelfServer.items`."""
        order = "addedAt:asc" if since is None and newest is None else "addedAt:desc"
        size = min(pages.PAGE, newest) if newest and since is None else pages.PAGE
        return pages.listed(lambda start: self._page(library_id, order, start, size), since, newest)

    def _page(self, library_id: str, order: str, start: int, size: int) -> pages.Page:
        headers = {
            "Accept": "application/json",
            "X-Plex-Token": self._settings.token or "",
            "X-Plex-Container-Start": str(start),
            "X-Plex-Container-Size": str(size),
        }
        answer = asking.ask(
            self._web,
            self._settings,
            f"library/sections/{_number(library_id)}/all",
            self._control,
            bounds=asking.PAGE,
            params={"type": ALBUM, "sort": order, "includeGuids": 1},
            headers=headers,
        )
        said = asking.as_json(self._settings, answer).get("MediaContainer")
        entries = said.get("Metadata", []) if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(entries, list) or len(entries) > pages.MOST_ITEMS:
            raise asking.not_understood(self._settings, "there is no list of albums in its answer")
        total = whole(said.get("totalSize", said.get("size")), pages.MOST_ITEMS)
        if total is None:
            raise asking.not_understood(self._settings, "it does not say how many albums there are")
        items = [found for each in entries if isinstance(each, dict) and (found := item(each))]
        return pages.Page(items, len(entries), total)

    def _small(self, ask: Callable[[Any], Result]) -> Result:
        """Ask by the library, within bounds."""
        self._control.check()
        name, token = self._settings.name, self._settings.token
        try:
            with closing(requests.Session()) as session:
                session.hooks["response"] = [guard]
                api: Any = PlexServer(self._settings.url, token or "", session, PATIENCE)  # type: ignore[no-untyped-call]
                if not api.machineIdentifier:
                    raise ValueError("it does not say which server it is")
                return ask(api)
        except Unauthorized:
            raise asking.refused(self._settings, 401) from None
        except NotFound:
            raise PermanentError(f"{name} has no such library. Correct its address and library, then retry.") from None
        except (requests.RequestException, TransientError) as error:
            raise TransientError(f"{name}: {repeatable(str(error), token)}") from None
        except PermanentError as error:
            raise PermanentError(f"{name}: {repeatable(str(error), token)}") from None
        except (PlexApiException, ParseError, AttributeError, ValueError, TypeError):
            raise asking.not_understood(self._settings, "its answer is not the XML that was asked for") from None


def item(said: Mapping[str, Any]) -> ShelfItem | None:
    """An album as a book; None where it has no title or nothing to know it by."""
    guid, title = line(said.get("guid")) or line(said.get("ratingKey")), line(said.get("title"))
    if guid is None or title is None:
        return None
    milliseconds = pages.number(said.get("duration"))
    return ShelfItem(
        guid=guid,
        title=title,
        author=line(said.get("parentTitle")),
        narrator=_first_tag(said.get("Style")),
        asin=_asin(guid, said.get("Guid")),
        duration=milliseconds / 1000 if milliseconds else None,
        added_at=pages.moment(said.get("addedAt")),
        updated_at=pages.moment(said.get("updatedAt")),
    )


def _asin(guid: str, others: object) -> str | None:
    """The ASIN in one of an album's guids, as agents for audiobooks write them."""
    more = [each.get("id") for each in others if isinstance(each, dict)] if isinstance(others, list) else []
    found = (_AGENT.search(each) for each in (guid, *more) if isinstance(each, str))
    return next((each[1] for each in found if each), None)


def _first_tag(tags: object) -> str | None:
    """The agents for audiobooks keep the narrator as a style."""
    first = tags[0] if isinstance(tags, list) and tags else None
    return line(first.get("tag")) if isinstance(first, dict) else None


def _number(library_id: str) -> str:
    if not library_id.isascii() or not library_id.isdecimal():
        raise PermanentError(f"{library_id} is no library of Plex: those have numbers. Correct the library.")
    return library_id
