"""Speaking with a program that a person has just set up: what it is, in words; raises as its kernel does."""

from __future__ import annotations

from collections.abc import Sequence

from db.requests import Client, Indexer, Shelf, Target
from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import ClientSettings
from tasks.clients.indexers.searching import about
from tasks.clients.indexers.source import Source
from tasks.clients.shelves.connect import shelf_server
from tasks.clients.shelves.types import ShelfSettings
from tasks.clients.web import Web
from tasks.control import NoControl
from tasks.errors import PermanentError
from tasks.requests.notification import Message, send
from tasks.requests.path_mapping import PathMapping


def indexer(row: Indexer, key: str | None) -> str:
    """What an indexer is."""
    source = Source(row.id, row.name, row.kind, row.url, key, tuple(row.categories), tuple(row.remote_ids))
    with Web() as web:
        return about(web, source, NoControl())


def client(row: Client, key: str | None, mappings: Sequence[tuple[str, str]]) -> str:
    """Which version a download client is."""
    known = tuple(PathMapping(*pair) for pair in mappings)
    with opened(ClientSettings(row.kind, row.url, row.username or "", key or "", known)) as program:
        return f"version {program.test()}"


def shelf(row: Shelf, key: str | None) -> str:
    """What a library server is, and that it has the library."""
    with Web() as web:
        server = shelf_server(ShelfSettings(row.kind, row.name, row.url, key), web, NoControl())
        version, libraries = server.test(), {each.id: each.name for each in server.libraries()}
    if row.library_id not in libraries:
        known = ", ".join(f"{id} ({name})" for id, name in libraries.items()) or "none for audiobooks"
        raise PermanentError(f"{version} has no library {row.library_id}; it has {known}.")
    return f"{version}, library {libraries[row.library_id]}"


def target(row: Target, key: str | None) -> str:
    """That a target of notifications was told something."""
    send(key or "", Message("test", "This is a test.", f"You are told as {row.name}.", ""))
    return "it has taken a test message"
