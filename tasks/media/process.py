"""One program at work on somebody's file: limited, killable, its standard error kept."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from tasks.control import Usage
from tasks.media import limits as resources
from tasks.media.limits import Limits
from tasks.media.started import Started
from tasks.media.usage import in_words

TAIL = 64 * 1024
CHUNK = 64 * 1024


class OverrunError(Exception):
    """The program took longer, or was silent longer, than it may."""


class Process:
    """A started program, which is ended with this. It is in the caller's process group, and does not outlive it."""

    def __init__(self, started: Started, limits: Limits, *, nice: bool) -> None:
        self._started = started
        self._tail = bytearray()
        self._used = Usage()
        self._heard = time.monotonic()
        self._streams = selectors.DefaultSelector()
        for stream in (self._started.stdout, self._started.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._streams.register(stream, selectors.EVENT_READ, stream is self._started.stdout)
        resources.apply(self.pid, limits, nice=nice)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._started.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._started.poll() is None

    @property
    def words(self) -> str:
        """The end of what it wrote to standard error, at most 64 KiB."""
        return self._tail.decode(errors="replace").strip()

    def send(self, line: bytes) -> None:
        """Write to its standard input. A program that is gone does not answer; that is where it shows."""
        assert self._started.stdin is not None
        try:
            self._started.stdin.write(line)
        except BrokenPipeError:
            return

    def touch(self) -> None:
        """Take note of a sign of progress: the silence begins anew."""
        self._heard = time.monotonic()

    def lines(self, limits: Limits) -> Iterator[bytes]:
        """The lines that it writes to standard output, until it closes that.

        Raises `OverrunError` when `limits.wall` seconds have passed, or `limits.silence` without a `touch`.
        """
        deadline = time.monotonic() + limits.wall
        self.touch()
        rest = b""
        while True:
            chunk = self._read(self._patience(deadline, limits))
            if chunk == b"":
                return
            *whole, rest = (rest + (chunk or b"")).split(b"\n")
            yield from whole

    def _patience(self, deadline: float, limits: Limits) -> float:
        now = time.monotonic()
        if now >= deadline:
            raise OverrunError(f"took longer than {limits.wall:g} s")
        if now >= self._heard + limits.silence:
            raise OverrunError(f"made no progress for {limits.silence:g} s")
        return min(deadline, self._heard + limits.silence) - now

    def _read(self, patience: float) -> bytes | None:
        """Some of standard output; empty: it is closed; none: there was only something else, or nothing in time."""
        said = None
        for key, _ in self._streams.select(patience):
            chunk = os.read(key.fd, CHUNK)
            if key.data:
                said = chunk
            elif chunk:
                self._remember(chunk)
            if not chunk:
                self._streams.unregister(key.fileobj)
        return said

    def _remember(self, chunk: bytes) -> None:
        self._tail += chunk
        del self._tail[:-TAIL]

    def kill(self) -> None:
        """SIGKILL it. From any thread, any number of times."""
        self._started.kill()

    def measure(self) -> Usage:
        """What it has used so far; of memory the most that was seen whenever this was asked."""
        cpu, memory = self._started.used()
        self._used = Usage(self._used.cpu if cpu is None else cpu, memory or self._used.memory)
        return self._used

    def usage(self, name: str, *, since: float = 0) -> Usage:
        """What it has used, of CPU since it had used so much; by its name how it ended, where that was not well."""
        used, code = self.measure(), self._started.poll()
        return Usage(max(0.0, used.cpu - since), used.memory, None if code is None else in_words(name, code))

    def wait(self, seconds: float) -> int:
        """How it ended, once its standard output is closed; killed when it lingers."""
        self.measure()
        try:
            code = self._started.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._started.wait()
        self._drain()
        return code

    def end(self) -> None:
        """Make sure that it is gone and reaped. Safe to call twice."""
        self.kill()
        self._started.wait()
        self._streams.close()
        self._started.close()

    def _drain(self) -> None:
        """Take what is left of standard error; the program is gone, so this ends."""
        assert self._started.stderr is not None
        while not self._started.stderr.closed and (chunk := self._started.stderr.read(CHUNK)):
            self._remember(chunk)
