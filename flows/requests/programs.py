"""The kernels of other programs, made of how a person has set them up and of their keys, which Prefect keeps."""

from __future__ import annotations

from collections.abc import Sequence

from db.requests import Client, Indexer, Shelf
from flows.secrets import secret
from tasks.clients.downloads.types import ClientSettings
from tasks.clients.indexers.source import Source
from tasks.clients.shelves.types import ShelfSettings
from tasks.requests.path_mapping import PathMapping


def key_of(block: str | None) -> str | None:
    """The key in this block; None where there is none. Raises as `flows.secrets.secret` does."""
    return None if block is None else secret(block)


def source(indexer: Indexer) -> Source:
    """An indexer as its kernel wants it."""
    return Source(
        indexer.id,
        indexer.name,
        indexer.kind,
        indexer.url,
        key_of(indexer.secret_block),
        tuple(indexer.categories),
        tuple(indexer.remote_ids),
    )


def client_settings(client: Client, mappings: Sequence[tuple[str, str]]) -> ClientSettings:
    """A download client as its kernel wants it."""
    password = key_of(client.secret_block) or ""
    return ClientSettings(
        client.kind, client.url, client.username or "", password, tuple(PathMapping(*pair) for pair in mappings)
    )


def shelf_settings(shelf: Shelf) -> ShelfSettings:
    """A library server as its kernel wants it."""
    return ShelfSettings(shelf.kind, shelf.name, shelf.url, key_of(shelf.secret_block))
