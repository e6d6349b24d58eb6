"""Ann and her browser."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from db.access import people
from tests.integration.api.access.person import PASSWORD
from tests.serve import session


@pytest.fixture
def ann(engine) -> str:
    with engine.begin() as conn:
        people.add(conn, "ann", PASSWORD, "admin")
    return "ann"


@pytest.fixture
def browser(engine, served) -> Iterator[httpx.Client]:
    """A browser in which somebody is signed in, on a page of ours."""
    cookie = session(engine)
    headers = {"Origin": served[0], "Accept": "text/html"}
    with httpx.Client(
        base_url=served[0], headers=headers, cookies={cookie["name"]: cookie["value"]}, timeout=60
    ) as browser:
        yield browser
