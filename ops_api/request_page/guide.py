"""The first steps: what has to be there before a request can be fulfilled, what of it is, and what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from sqlalchemy import Connection

from db import requests, roots
from db.requests import CLIENTS, INDEXERS, SHELVES
from ops_api.access import current

COOKIE = "darkroom_guide"
Shown = Literal["show", "hide"]


@dataclass(frozen=True)
class Step:
    """One step: what is to be done, why, and where."""

    title: str
    why: str
    address: str
    done: bool
    #: Whether requests do without it.
    optional: bool = False


@dataclass(frozen=True)
class Guide:
    """The steps in order."""

    steps: Sequence[Step]
    hidden: bool

    @property
    def next(self) -> Step | None:
        """The first step that is needed and not done; None once all are."""
        return next((step for step in self.steps if not step.done and not step.optional), None)


def guide(conn: Connection, *, hidden: bool) -> Guide | None:
    """The first steps, for those who may take them; None once they are done."""
    asks = current.who()
    if asks is None or not asks.may("admin"):
        return None
    known = Guide(_steps(conn), hidden)
    return known if known.next else None


def _steps(conn: Connection) -> list[Step]:
    settings = "/settings/integrations"
    return [
        Step(
            "Say where books are put",
            "The library folder, as the worker sees it.",
            f"{settings}#files",
            bool(requests.read_settings(conn).library_folder),
        ),
        Step(
            "Add an indexer",
            "Prowlarr, or a Torznab feed, in which books are found.",
            f"{settings}#indexer",
            bool(INDEXERS.enabled(conn)),
        ),
        Step(
            "Add a download client",
            "qBittorrent, Transmission, NZBGet or SABnzbd.",
            f"{settings}#download-client",
            bool(CLIENTS.enabled(conn)),
        ),
        Step(
            "Add a library server",
            "Plex or Audiobookshelf, where the book is to turn up.",
            f"{settings}#library-server",
            bool(SHELVES.enabled(conn)),
        ),
        Step(
            "Ask for the first book",
            "All the rest happens by itself.",
            "/requests/new",
            bool(requests.count_requests(conn)),
        ),
        Step(
            "Watch a folder of your own media",
            "Films, series, pictures and audio that are there already; requests do without it.",
            "/settings#add-folder",
            bool(roots.list_roots(conn)),
            optional=True,
        ),
    ]


def _hidden(request: Request) -> bool:
    return request.cookies.get(COOKIE) == "hide"


#: Whether this browser's person has put the first steps away.
GuideHidden = Annotated[bool, Depends(_hidden)]
