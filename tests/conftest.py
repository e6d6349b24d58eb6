"""Fixtures that every kind of test may use."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.peers.fixtures"]

# How long an example takes says more of the machine's load than of the code.
settings.register_profile("darkroom", deadline=None)
settings.load_profile("darkroom")
