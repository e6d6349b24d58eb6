"""The whole system as a person starts it, on a home and ports of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from deployments.postgres import leftover
from deployments.postgres.cluster import Cluster
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
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/health", headers=self.shows())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def shows(self) -> dict[str, str]:
        """What a program on this home signs in with."""
        return {"Authorization": f"Bearer {(self.home / 'token').read_text().strip()}"}

    def asked(self, path: str, body: dict[str, Any] | None = None, *, post: bool = False) -> Any:
        """What the API answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}",
            method="POST" if post or body is not None else "GET",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"} | self.shows(),
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def prefect(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What Prefect's own API answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.prefect_port}/api/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def scanned(self, folder: Path) -> dict[str, Any]:
        """`scan --wait --json`: what it ended with."""
        done = self.run("scan", str(folder), "--wait", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the ledger holds, asked behind everybody's back."""
        url = Cluster(self.home).urls.darkroom.replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def answers(self) -> bool:
        try:
            return bool(self.health()["database"])
        except OSError:
            return False

    def named(self, word: str) -> list[psutil.Process]:
        """Its processes whose command line has this word."""
        return [process for process in self.processes() if any(word in part for part in _words(process))]


def _words(process: psutil.Process) -> list[str]:
    """Its command line; nothing of one that ends while it is looked at."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def a_darkroom() -> Iterator[Darkroom]:
    """A home and ports; whatever was started there is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="darkroom-up-"))
    darkroom = Darkroom(home, free_port(), free_port())
    try:
        yield darkroom
    finally:
        darkroom.run("down")
        for process in darkroom.processes():
            process.kill()
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(home)
