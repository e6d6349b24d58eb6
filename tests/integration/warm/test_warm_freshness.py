"""The fork server after its code was changed on disk: nothing runs as it was, nothing that runs is disturbed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.warm.fork_server import CHECKOUT, PATIENCE, Served, running, serve, until

PACKAGES = ("darkroom", "db", "deployments", "flows", "tasks")
#: Says what it finds imported, by whom it was forked, and stays until it may go.
TELL = """
import os, sys, time
import flows.told
print(flows.told.WORD, os.getppid(), flush=True)
while len(sys.argv) > 1 and not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
sys.exit(9)
"""


@dataclass
class Copy:
    """A copy of the code with a fork server of its own."""

    folder: Path
    served: Served

    def say(self, text: str) -> None:
        """Change a module that the server has imported."""
        (self.folder / "flows" / "told.py").write_text(text)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A client that runs the program above."""
        own = self.folder / "deployments" / "warm" / "client.py"
        argv = [sys.executable, "-I", "-S", str(own), str(self.served.socket), "tell", *arguments]
        process = subprocess.Popen(
            argv,
            text=True,
            env=self.served.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.served.clients.append(process)
        return process

    def ask(self) -> tuple[str, str]:
        """What the program says, on both of its streams."""
        return self.start().communicate(timeout=PATIENCE)


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    """A served copy of the code that the test may change, with one module more."""
    folder = tmp_path / "code"
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "requirements.lock", folder)
    (folder / "tell.py").write_text(TELL)
    (folder / "flows" / "told.py").write_text("WORD = 'old'\n")
    served = serve(tmp_path, code=folder)
    yield Copy(folder, served)
    served.end()


def test_a_run_after_a_change_has_the_new_code_from_the_same_server_and_a_run_before_it_goes_on(
    copy: Copy, tmp_path: Path
):
    server, leave = copy.served.process.pid, tmp_path / "leave"
    before = copy.start(str(leave))
    assert before.stdout.readline() == f"old {server}\n"
    copy.say("WORD = 'new'\n")
    assert copy.ask() == (f"new {server}\n", "")
    assert "flows/told.py changed: importing the code anew" in copy.served.log.read_text()
    assert before.poll() is None
    leave.touch()
    assert before.wait(10) == 9
    until(lambda: not copy.served.children(), "the server has waited for the children it had before")


def test_a_run_from_before_a_change_still_ends_with_its_client(copy: Copy, tmp_path: Path):
    before = copy.start(str(tmp_path / "never"))
    before.stdout.readline()
    (program,) = copy.served.children()
    copy.say("WORD = 'new'\n")
    copy.ask()
    assert running(program.pid)
    before.kill()
    until(lambda: not running(program.pid), "the program is gone", 5)


def test_without_a_change_the_code_is_not_imported_again(copy: Copy):
    assert copy.ask() == copy.ask()
    assert "importing the code anew" not in copy.served.log.read_text()


def test_a_module_that_cannot_be_imported_fails_its_own_runs_and_not_the_server(copy: Copy):
    copy.say("WORD = broken\n")
    out, err = copy.ask()
    assert out == ""
    assert "NameError: name 'broken' is not defined" in err
    assert "Cannot import flows.told" in copy.served.log.read_text()
    copy.say("WORD = 'mended'\n")
    assert copy.ask() == (f"mended {copy.served.process.pid}\n", "")
