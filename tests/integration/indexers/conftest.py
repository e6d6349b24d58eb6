from __future__ import annotations

import pytest

from tasks.clients.indexers.source import Source
from tasks.clients.web import Web
from tests.stubs.indexer import indexer


@pytest.fixture(scope="module")
def web():
    with Web() as web:
        yield web


@pytest.fixture
def server():
    with indexer() as server:
        yield server


@pytest.fixture
def source(server):
    """The server as a source of a kind."""

    def make(kind="torznab", **said):
        path = "" if kind == "prowlarr" else f"/{kind}"
        return Source(**({"id": 7, "name": "Ours", "kind": kind, "url": server.url + path, "key": server.key} | said))

    return make
