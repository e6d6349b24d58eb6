"""Fork servers for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.warm.fork_server import Served, serve, until


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Served]:
    """One fork server for every test that leaves it as it was."""
    with tempfile.TemporaryDirectory(prefix="darkroom-warm-") as folder:
        served = serve(Path(folder))
        yield served
        served.end()


@pytest.fixture
def server(shared_server: Served) -> Iterator[Served]:
    """The shared fork server; afterwards it has no child left, dead or alive."""
    yield shared_server
    until(lambda: not shared_server.children(), "the fork server has no child left")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Served]:
    """A fork server that the test may destroy."""
    served = serve(tmp_path)
    yield served
    served.end()
