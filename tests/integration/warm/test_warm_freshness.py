"""What code on disk that cannot be imported does to the fork server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.warm.fork_server import Served


@pytest.fixture
def module(server: Served) -> Iterator[Path]:
    """A module of the flows that the server has imported and the test may change."""
    path = server.code / "flows" / "queues.py"
    before = path.read_text()
    yield path
    path.write_text(before)


def test_a_module_that_cannot_be_imported_is_logged_and_the_server_still_forks(
    server: Served, module: Path, tmp_path: Path
):
    module.write_text("raise LookupError('half saved')\n")
    ended = server.run("program", "speak", "still there")
    assert (ended.stdout, ended.stderr) == ("out still there\n", "err still there\n")
    assert "Cannot import flows.queues" in server.log.read_text()
    assert "LookupError: half saved" in server.log.read_text()
