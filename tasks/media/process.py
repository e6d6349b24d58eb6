"""One program at work on somebody's file: limited, killable, its standard error kept."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import tasks
from tasks.control import Usage
from tasks.media import limits as resources
from tasks.media.limits import Limits
from tasks.media.usage import cpu_of, in_words, memory_of

TAIL = 64 * 1024
CHUNK = 64 * 1024
#: glibc keeps what a large file took, if not told otherwise: the index of a long book would stay for the child's life.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}


class OverrunError(Exception):
    """The program took longer, or was silent longer, than it may."""


class Process:
    """A started program, in `folder` or where the caller is.

    It stays in the caller's process group, so that nothing outlives the caller's end.
    """

    def __init__(self, argv: Sequence[str | bytes], limits: Limits, *, nice: bool, folder: Path | None = None) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 (a list, never a shell; paths as `file:` URLs)
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment(),
            cwd=folder,
        )
        self._tail = bytearray()
        self._used = Usage()
        self._heard = time.monotonic()
        self._streams = selectors.DefaultSelector()
        for stream in (self._popen.stdout, self._popen.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._streams.register(stream, selectors.EVENT_READ, stream is self._popen.stdout)
        resources.apply(self.pid, limits, nice=nice)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    @property
    def words(self) -> str:
        """The end of what it wrote to standard error, at most 64 KiB."""
        return self._tail.decode(errors="replace").strip()

    def send(self, line: bytes) -> None:
        """Write to its standard input. A program that is gone does not answer; that is where it shows."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(line)
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
        self._popen.kill()

    def measure(self) -> Usage:
        """What it has used so far; of memory the most that was seen whenever this was asked."""
        cpu, memory = cpu_of(self.pid), memory_of(self.pid)
        self._used = Usage(self._used.cpu if cpu is None else cpu, memory or self._used.memory)
        return self._used

    def usage(self, name: str, *, since: float = 0) -> Usage:
        """What it has used, of CPU since it had used so much; by its name how it ended, where that was not well."""
        used = self.measure() if self._popen.returncode is None else self._used
        code = self._popen.poll()
        return Usage(max(0.0, used.cpu - since), used.memory, None if code is None else in_words(name, code))

    def wait(self, seconds: float) -> int:
        """How it ended, once its standard output is closed; killed when it lingers."""
        self.measure()
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._popen.wait()
        self._drain()
        return code

    def end(self) -> None:
        """Make sure that it is gone and reaped. Safe to call twice."""
        self.kill()
        self._popen.wait()
        self._streams.close()
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            assert stream is not None
            stream.close()

    def _drain(self) -> None:
        """Take what is left of standard error; the program is gone, so this ends."""
        assert self._popen.stderr is not None
        while not self._popen.stderr.closed and (chunk := self._popen.stderr.read(CHUNK)):
            self._remember(chunk)


def environment() -> dict[str, str]:
    """What such a program needs to know, and none of the secrets that the caller may hold."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    root = str(Path(tasks.__file__).resolve().parents[1])
    return {
        **kept,
        **MEMORY,
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONPATH": root,
        "OPENBLAS_NUM_THREADS": "1",
    }
