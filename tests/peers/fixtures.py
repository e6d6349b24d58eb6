"""Other people's programs as fixtures, started once for all tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.torrents import Swarm, swarming


@pytest.fixture(scope="session")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """qBittorrent, Transmission and a tracker; `swarm.seed` gives them something to download."""
    with swarming(tmp_path_factory.mktemp("swarm")) as running:
        yield running
