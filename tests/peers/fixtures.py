"""Other people's programs as fixtures, started once for all tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.torrents import Swarm, swarming
from tests.peers.usenet import NewsServer, serving_news


@pytest.fixture(scope="session")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """qBittorrent, Transmission and a tracker; `swarm.seed` gives them something to download."""
    with swarming(tmp_path_factory.mktemp("swarm")) as running:
        yield running


@pytest.fixture(scope="session")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsServer]:
    """NZBGet and a news server; `news.post` puts something there."""
    with serving_news(tmp_path_factory.mktemp("news")) as running:
        yield running
