from __future__ import annotations

import pytest

from tasks.clients.web import Web
from tests.stash_box import stash_box

KEY = "k3y-that-nobody-may-see"


@pytest.fixture
def box():
    """A stash-box that wants a key."""
    with stash_box(KEY) as box:
        yield box


@pytest.fixture
def web():
    with Web() as web:
        yield web
