"""The application on a real database; Prefect is away unless a test brings it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import URL, Engine, create_engine, text

from deployments import deploy
from tests import serve
from tests.integration.warm.fork_server import CHECKOUT
from tests.integration.warm.prefect_server import Api, fresh_database, prefect_server


@pytest.fixture
def served(engine: Engine) -> Iterator[tuple[str, FastAPI]]:
    with serve.serving(engine) as both:
        yield both


@pytest.fixture
def client(engine: Engine, served: tuple[str, FastAPI]) -> Iterator[httpx.Client]:
    """A program that may do everything."""
    with serve.program(engine, served[0]) as client:
        yield client


@pytest.fixture
def stranger(served: tuple[str, FastAPI]) -> Iterator[httpx.Client]:
    """Who has nothing to show."""
    with httpx.Client(base_url=served[0], timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def prefect_database(postgres_server: URL) -> Iterator[str]:
    """Where the tests' Prefect server keeps what it knows."""
    with fresh_database(postgres_server) as database:
        yield database


@pytest.fixture(scope="session")
def deployed(prefect_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server that has what `darkroom up` deploys: the environment of its clients, this process among them."""
    with (
        prefect_server(prefect_database, tmp_path_factory.mktemp("prefect")) as clients,
        temporary_settings({PREFECT_API_URL: clients["PREFECT_API_URL"]}),
    ):
        deploy.deploy_all()
        yield clients


@pytest.fixture
def perform(deployed: dict[str, str], database: str, tmp_path: Path) -> Callable[[str], str]:
    """Runs a flow run to its end, in the process that a worker would start for it; returns what it said."""

    def perform(run: str) -> str:
        argv = [sys.executable, "-m", "prefect.engine", run]
        own = {"DARKROOM_DATABASE_URL": database, "DARKROOM_HOME": str(tmp_path)}
        done = subprocess.run(argv, cwd=CHECKOUT, env=deployed | own, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    return perform


@pytest.fixture(scope="session")
def visitor(postgres_server: URL, template_database: str) -> Iterator[httpx.Client]:
    """A client of an application that all tests share: for what is refused and changes nothing."""
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    name = f"{template_database}_visited"
    with server.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    engine = create_engine(postgres_server.set(database=name))
    with serve.serving(engine) as (url, _), serve.program(engine, url) as client:
        yield client
    engine.dispose()
    with server.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def api(deployed: dict[str, str]) -> Iterator[Api]:
    """The API of the Prefect server that has the deployments."""
    api = Api(deployed["PREFECT_API_URL"])
    yield api
    api.client.close()
