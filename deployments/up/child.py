"""One process that the supervisor started: its log, its readiness, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from deployments.errors import StartError

#: A log is put aside at start when it is larger, bytes; one older generation is kept.
LARGEST_LOG = 10_000_000

#: How often readiness is asked for, seconds.
POLL_SECONDS = 0.1


@dataclass
class Child:
    """A program in a session of its own, so that a terminal's Ctrl-C reaches only the supervisor."""

    name: str
    argv: list[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    #: Whether it does its work; asked until it says so.
    ready: Callable[[], bool] = lambda: True
    #: How long it may take to be ready, seconds.
    start_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    #: How long it may take to end after that signal before it is killed, seconds.
    stop_seconds: float = 15
    popen: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    #: Where in its log this start began, bytes.
    log_began: int = 0

    def start(self) -> None:
        """Start it, its output going to its log.

        Raises StartError when the program cannot be run at all.
        """
        try:
            with open_log(self.log) as log:
                self.log_began = log.seek(0, os.SEEK_END)
                self.process = subprocess.Popen(  # noqa: S603
                    self.argv,
                    env=self.env,
                    cwd=self.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **self.popen,
                )
        except OSError as error:
            raise StartError(f"{self.name} could not be started", str(error)) from error

    def wait_ready(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Wait until it is ready, or until `stopping`.

        Raises StartError with the end of its log when it ended instead or took too long.
        """
        deadline = time.monotonic() + self.start_seconds
        while not stopping() and not self.ready():
            if self.exit_code() is not None:
                raise StartError(
                    f"{self.name} ended with exit code {self.exit_code()} instead of starting", self.last_words()
                )
            if time.monotonic() > deadline:
                raise StartError(
                    f"{self.name} was not ready within {self.start_seconds:.0f} seconds", self.last_words()
                )
            time.sleep(POLL_SECONDS)

    def wait_done(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Wait until it has ended well; when `stopping`, end it.

        Raises StartError with the end of its log when it ended otherwise or took too long.
        """
        deadline = time.monotonic() + self.start_seconds
        while (code := self.exit_code()) is None and time.monotonic() < deadline and not stopping():
            time.sleep(POLL_SECONDS)
        if code is None:
            self.stop()
        if code != 0 and not stopping():
            how = "took too long" if code is None else f"failed with exit code {code}"
            raise StartError(f"{self.name} {how}", self.last_words())

    def exit_code(self) -> int | None:
        """How it ended; None while it runs or before it was started."""
        return self.process.poll() if self.process else None

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask it to end, wait, then kill it with everything it had started; in a hurry there is no wait."""
        if self.process is None or self.process.poll() is not None:
            return
        stop_process(psutil_process(self.process.pid), self.stop_signal, self.stop_seconds, hurry)
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, since this start."""
        return tail(self.log, lines, self.log_began)


def stop_process(
    process: psutil.Process | None, number: signal.Signals, seconds: float, hurry: Callable[[], bool] = lambda: False
) -> None:
    """End a process: its own signal, then after `seconds` SIGKILL; what it leaves behind is killed too."""
    if process is None:
        return
    family = _family(process)
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
    deadline = time.monotonic() + seconds
    while _alive(process) and time.monotonic() < deadline and not hurry():
        time.sleep(0.02)
    for member in {*family, *_family(process), process}:
        with suppress(psutil.NoSuchProcess):
            member.kill()


def psutil_process(pid: int) -> psutil.Process | None:
    """The process with this id, if there is one."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def open_log(path: Path) -> Any:
    """The log, opened to append; a large one is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def tail(path: Path, lines: int, began: int = 0) -> str:
    """The last lines of a text file of any size, none from before `began`; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(began, path.stat().st_size - 16_384))
            return b"\n".join(file.read().splitlines()[-lines:]).decode(errors="replace")
    except FileNotFoundError:
        return ""


def _family(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
