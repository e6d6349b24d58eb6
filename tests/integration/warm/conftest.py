"""Fork servers for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.integration.warm.fork_server import Served, copy_of_the_code, serve
from tests.integration.warm.prefect_server import Api, fresh_database, prefect_server
from tests.waiting import until


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Served]:
    """One fork server for all who leave it serving, with a copy of the code, its socket too deep for an address."""
    with tempfile.TemporaryDirectory(prefix="darkroom-warm-") as folder:
        deep = Path(folder, "d" * 60, "e" * 60)
        deep.mkdir(parents=True)
        served = serve(deep, copy_of_the_code(Path(folder, "code")))
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


@pytest.fixture(scope="session")
def prefect(postgres_server: URL) -> Iterator[dict[str, str]]:
    """A Prefect server: the environment of its clients."""
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-prefect-") as folder,
        fresh_database(postgres_server) as database,
        prefect_server(database, Path(folder)) as environment,
    ):
        yield environment


@pytest.fixture
def api(prefect: dict[str, str]) -> Iterator[Api]:
    """Prefect's API."""
    api = Api(prefect["PREFECT_API_URL"])
    yield api
    api.client.close()
