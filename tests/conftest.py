"""Fixtures that every kind of test may use."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

from db.access import passwords

pytest_plugins = ["tests.postgres", "tests.peers.fixtures"]

# How long an example takes says more of the machine's load than of the code.
settings.register_profile("darkroom", deadline=None)
settings.load_profile("darkroom")


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """The list of trusted certificates, read once: 30 ms of processor for each client that a test makes otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def hasher() -> Iterator[PasswordHasher]:
    """Passwords are hashed the quick way; how they are otherwise."""
    ours, quick = passwords._HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", quick)
        patch.setattr(passwords, "_NOBODYS", quick.hash("nobody's"))
        yield ours
