"""Speaking with a program that a person has just set up: what it is, in words; raises as its kernel does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.requests import ASKED_AGAIN, Client, Indexer, Shelf, Target
from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import ClientSettings
from tasks.clients.indexers.searching import about
from tasks.clients.indexers.source import Source
from tasks.clients.shelves.connect import shelf_server
from tasks.clients.shelves.types import ShelfSettings
from tasks.clients.web import Web
from tasks.control import NoControl
from tasks.requests.notification import Message, send
from tasks.requests.path_mapping import PathMapping


@dataclass(frozen=True)
class Tried:
    """How it went, in words without a full stop at their end, and what is to be kept of what was learned."""

    words: str
    ok: bool = True
    learned: Mapping[str, Any] = field(default_factory=dict)


def indexer(row: Indexer, key: str | None) -> Tried:
    """What an indexer is."""
    source = Source(row.id, row.name, row.kind, row.url, key, tuple(row.categories), tuple(row.remote_ids))
    with Web() as web:
        return Tried(about(web, source, NoControl()))


def client(row: Client, key: str | None, mappings: Sequence[tuple[str, str]]) -> Tried:
    """Which version a download client is."""
    known = tuple(PathMapping(*pair) for pair in mappings)
    with opened(ClientSettings(row.kind, row.url, row.username or "", key or "", known)) as program:
        return Tried(f"version {program.test()}", learned=ASKED_AGAIN)


def shelf(row: Shelf, key: str | None) -> Tried:
    """What a library server is, and that it has the library; the only one, where none is chosen yet."""
    with Web() as web:
        server = shelf_server(ShelfSettings(row.kind, row.name, row.url, key), web, NoControl())
        version, libraries = server.test(), {each.id: each.name for each in server.libraries()}
    known = ", ".join(f"{id} ({name})" for id, name in libraries.items()) or "none for audiobooks"
    learned: dict[str, Any] = {"libraries": libraries, **ASKED_AGAIN}
    if row.library_id in libraries:
        return Tried(f"{version}, library {libraries[row.library_id]}", learned=learned)
    if row.library_id or not libraries:
        lacking = f"library {row.library_id}" if row.library_id else "library to choose"
        return Tried(f"{row.name}, {version}, has no {lacking}; it has {known}", ok=False, learned=learned)
    if len(libraries) > 1:
        return Tried(f"{version}. Choose one of its libraries and save: {known}", learned=learned)
    ((only, name),) = libraries.items()
    return Tried(f"{version}, library {name}", learned=learned | {"library_id": only, "enabled": True})


def target(row: Target, key: str | None) -> Tried:
    """That a target of notifications was told something."""
    send(key or "", Message("test", "This is a test.", f"You are told as {row.name}.", ""))
    return Tried("it has taken a test message")
