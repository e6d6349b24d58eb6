"""What every test of the engine has to itself."""

from __future__ import annotations

import pytest

from flows import locks


@pytest.fixture(autouse=True)
def permits_of_its_own(monkeypatch, tmp_path_factory):
    """Whoever else works on this machine holds none of the permits that the test counts on."""
    folder = tmp_path_factory.mktemp("permits")
    monkeypatch.setattr(locks, "folder", lambda: folder)
