"""A fork server's process, and ways to ask it for a run and to see what became of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.waiting import until

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE = 60


@dataclass
class Served:
    """A fork server's process, and where it listens."""

    socket: Path
    log: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    code: Path
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *argv: str) -> list[str]:
        """How a client is started that asks this server."""
        return [sys.executable, "-I", "-S", str(self.client), str(self.socket), *argv]

    @property
    def client(self) -> Path:
        """The client's program that belongs to this server."""
        return self.code / "deployments" / "warm" / "client.py"

    def start(self, *argv: str, directory: Path = CHECKOUT, **environment: str) -> subprocess.Popen[str]:
        """A client that runs a module, with pipes for standard streams."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            self.command(*argv),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            cwd=directory,
            env=self.environment | environment,
            start_new_session=True,
        )
        self.clients.append(process)
        return process

    def run(self, *argv: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a module to its end."""
        env = self.environment | environment
        return subprocess.run(
            self.command(*argv), input=given, capture_output=True, text=True, env=env, timeout=PATIENCE, check=False
        )

    def children(self) -> list[psutil.Process]:
        """The server's children, zombies too."""
        return psutil.Process(self.process.pid).children()

    def end(self) -> None:
        """Stop everything this test started: the server ends what its clients leave behind."""
        for process in self.clients:
            process.kill()
            process.wait()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in self.clients:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def copy_of_the_code(folder: Path) -> Path:
    """What a flow imports of the project, to be changed at will."""
    for package in ("darkroom", "db", "deployments", "flows", "tasks"):
        shutil.copytree(CHECKOUT / package, folder / package)
    return folder


def serve(folder: Path, code: Path = CHECKOUT, **environment: str) -> Served:
    """Start a fork server, as `python -m deployments.warm` in a copy of the code, and wait until it forks."""
    programs = Path(__file__).parent
    environment = {
        **os.environ,
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
        "PYTHONPATH": os.pathsep.join(map(str, (programs, code))),
        **environment,
    }
    socket, log = folder / "run" / "engine.sock", folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.warm", str(socket), str(os.getpid())],
            cwd=code,
            env=environment,
            stderr=output,
        )
    served = Served(socket, log, process, environment, code)
    until(lambda: "Ready to fork" in log.read_text() or process.poll() is not None, "the fork server is ready")
    assert process.poll() is None, log.read_text()
    return served
