from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.requests.release import Release


@pytest.fixture
def release():
    """Make a release; what is not said is ordinary."""

    def make(title="Jane Doe - Quiet Harbor [M4B]", **said):
        ordinary = {
            "guid": "g",
            "indexer": "Books",
            "indexer_id": 1,
            "protocol": "torrent",
            "size": 300 << 20,
            "seeders": 10,
            "leechers": 0,
            "published": datetime(2025, 1, 2, tzinfo=UTC),
            "download_url": "https://indexer.test/1.torrent",
        }
        return Release(title=title, **(ordinary | said))

    return make
