"""The application on a real database; Prefect is away unless a test brings it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import URL, Engine, create_engine, text

from tests.serve import serving


@pytest.fixture
def served(engine: Engine) -> Iterator[tuple[str, FastAPI]]:
    with serving(engine) as both:
        yield both


@pytest.fixture
def client(served: tuple[str, FastAPI]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[0], timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def visitor(postgres_server: URL, template_database: str) -> Iterator[httpx.Client]:
    """A client of an application that all tests share: for what is refused and changes nothing."""
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    name = f"{template_database}_visited"
    with server.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    engine = create_engine(postgres_server.set(database=name))
    with serving(engine) as (url, _), httpx.Client(base_url=url, timeout=20) as client:
        yield client
    engine.dispose()
    with server.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
