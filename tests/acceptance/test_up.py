"""The whole system as a person starts and stops it, on a home and ports of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from deployments.postgres import leftover
from deployments.prefect_env import MARK

SECONDS = 120


@dataclass
class Darkroom:
    """A `darkroom` command with a home of its own."""

    home: Path
    port: int
    prefect_port: int
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DARKROOM_", "PREFECT_"))},
            "DARKROOM_HOME": str(self.home),
            "DARKROOM_PORT": str(self.port),
            "DARKROOM_PREFECT_PORT": str(self.prefect_port),
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment, check=False, capture_output=True, text=True, timeout=SECONDS
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", "from deployments.cli import main; main()", *words]

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this home, its database too."""
        marked = [process for process in psutil.process_iter() if _mark(process) == str(self.home)]
        return marked + leftover.servers((self.home / "postgres").resolve() / "data")

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as answer:
            return dict(json.load(answer))

    def answers(self) -> bool:
        try:
            return bool(self.health()["database"])
        except OSError:
            return False

    def named(self, word: str) -> list[psutil.Process]:
        """Its processes whose command line has this word."""
        return [process for process in self.processes() if any(word in part for part in process.cmdline())]


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.1)


@pytest.fixture
def darkroom() -> Iterator[Darkroom]:
    home = Path(tempfile.mkdtemp(prefix="darkroom-up-"))
    darkroom = Darkroom(home, _free_port(), _free_port())
    yield darkroom
    darkroom.run("down")
    for process in darkroom.processes():
        process.kill()
    shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(home)


def test_up_returns_when_everything_answers_and_down_leaves_nothing(darkroom: Darkroom) -> None:
    up = darkroom.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    until(lambda: darkroom.health()["workers"] == 1)
    health = darkroom.health()
    assert (health["database"], health["prefect"]) == (True, True)
    state = json.loads((darkroom.home / "run" / "darkroom.json").read_text())
    assert state["url"] == f"http://127.0.0.1:{darkroom.port}"
    assert psutil.pid_exists(state["pid"])

    second = darkroom.run("up")
    assert second.returncode == 1
    assert f"already running on {darkroom.home} (process {state['pid']})" in second.stderr
    assert "Traceback" not in second.stderr
    assert darkroom.answers()

    # each is started again, whichever dies
    for word in ("ops_api.app:app", "postgres", "deployments.warm"):
        for process in darkroom.named(word)[:1]:
            process.kill()
            process.wait(10)
        until(darkroom.answers)
        until(lambda word=word: darkroom.named(word))

    down = darkroom.run("down")
    assert down.returncode == 0, down.stderr
    assert darkroom.processes() == []
    until(lambda: not _lives(state["pid"]), 5)
    assert not (darkroom.home / "run" / "darkroom.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_stops_what_had_started(darkroom: Darkroom, number: signal.Signals) -> None:
    with darkroom.start("up") as up:
        until(lambda: darkroom.named("prefect"))
        up.send_signal(number)
        output, _ = up.communicate(timeout=60)

    assert up.returncode == 0, output
    assert "Traceback" not in output
    assert darkroom.processes() == []


def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_works(darkroom: Darkroom) -> None:
    assert darkroom.run("up", "--detach").returncode == 0
    state = json.loads((darkroom.home / "run" / "darkroom.json").read_text())
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    os.kill(state["pid"], signal.SIGKILL)

    until(lambda: not darkroom.processes(), 30)
    up = darkroom.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    assert darkroom.answers()
    assert other.poll() is None
    other.communicate()


def test_a_port_that_is_taken_is_told_with_the_setting_that_changes_it(darkroom: Darkroom) -> None:
    with socket.create_server(("127.0.0.1", darkroom.port)):
        up = darkroom.run("up")

    assert up.returncode == 1
    assert f"127.0.0.1 port {darkroom.port} cannot be used" in up.stderr
    assert "DARKROOM_PORT" in up.stderr
    assert "Traceback" not in up.stderr
    assert darkroom.processes() == []


def test_a_database_that_does_not_answer_is_told_in_one_sentence_without_its_password(darkroom: Darkroom) -> None:
    darkroom.environment["DARKROOM_DATABASE_URL"] = f"postgresql://ann:secret@127.0.0.1:{_free_port()}/media"

    up = darkroom.run("up")

    assert up.returncode == 1
    assert "does not answer" in up.stderr
    assert "secret" not in up.stderr
    assert "Traceback" not in up.stderr


def test_down_where_nothing_runs_is_no_error(darkroom: Darkroom) -> None:
    assert darkroom.run("down").returncode == 0
