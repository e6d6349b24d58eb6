"""The application on a real database; Prefect is away unless a test brings it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from tests.serve import serving


@pytest.fixture
def served(engine: Engine) -> Iterator[tuple[str, FastAPI]]:
    with serving(engine) as both:
        yield both


@pytest.fixture
def client(served: tuple[str, FastAPI]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[0], timeout=20) as client:
        yield client
