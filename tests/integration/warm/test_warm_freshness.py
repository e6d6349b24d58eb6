"""What a change of the code on disk does to runs from before it, and what code that cannot be imported does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.warm.fork_server import Served, running, until


@pytest.fixture
def module(server: Served) -> Iterator[Path]:
    """A module of the flows that the server has imported and the test may change."""
    path = server.code / "flows" / "queues.py"
    before = path.read_text()
    yield path
    path.write_text(before)


def test_a_run_from_before_a_change_still_ends_with_its_client(server: Served, module: Path, tmp_path: Path):
    out = tmp_path / "out"
    client = server.start("program", "hold", str(out))
    until(lambda: out.exists() and out.read_text().endswith("\n"), "the program runs")
    leader, child = map(int, out.read_text().split())
    module.write_text(f"{module.read_text()}\n")
    assert server.run("program", "speak", "after the change").returncode == 0
    assert "queues.py changed: importing the code anew" in server.log.read_text()
    assert running(leader)
    client.kill()
    until(lambda: not running(leader) and not running(child), "program and child are gone", 5)


def test_a_module_that_cannot_be_imported_is_logged_and_the_server_still_forks(
    server: Served, module: Path, tmp_path: Path
):
    module.write_text("raise LookupError('half saved')\n")
    ended = server.run("program", "speak", "still there")
    assert (ended.stdout, ended.stderr) == ("out still there\n", "err still there\n")
    assert "Cannot import flows.queues" in server.log.read_text()
    assert "LookupError: half saved" in server.log.read_text()
