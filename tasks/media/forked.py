"""A process that another one has forked for this one: its end is told through a pipe, its life is seen by its pidfd."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from tasks.media.fork_messages import REPORT
from tasks.media.usage import cpu_of, memory_of

#: Seconds until the end of one that is gone is told.
PATIENCE = 5.0

Used = tuple[float | None, int | None]


class Forked:
    """See `Started`. By its pidfd it is never taken for another process that has got its number since.

    `pipes` are the caller's ends of its standard streams and of the pipe that its end is told through.
    """

    def __init__(self, pid: int, pidfd: int, pipes: Sequence[int], let_go: Callable[[], None]) -> None:
        stdin, stdout, stderr, self._report = pipes
        self.pid = pid
        self.stdin: IO[bytes] | None = os.fdopen(stdin, "wb", 0)
        self.stdout: IO[bytes] | None = os.fdopen(stdout, "rb", 0)
        self.stderr: IO[bytes] | None = os.fdopen(stderr, "rb", 0)
        self._pidfd: int | None = pidfd
        self._let_go = let_go
        self._code: int | None = None
        self._used: Used = (None, None)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """See `Started`. Where its end is not told, since who would tell it is gone, it counts as killed."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """See `Started`."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def kill(self) -> None:
        """See `Started`."""
        with self._lock, suppress(ProcessLookupError):
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def used(self) -> Used:
        """See `Started`."""
        return (cpu_of(self.pid), memory_of(self.pid)) if self.poll() is None else self._used

    def close(self) -> None:
        """See `Started`."""
        with self._lock:
            pidfd, self._pidfd = self._pidfd, None
        if pidfd is None:
            return
        for stream in (self.stdin, self.stdout, self.stderr):
            assert stream is not None
            stream.close()
        os.close(pidfd)
        os.close(self._report)
        self._let_go()

    def _ended(self, seconds: float | None) -> int | None:
        if self._code is None and self._pidfd is not None and _readable(self._pidfd, seconds):
            self._code, self._used = self._reported()
        return self._code

    def _reported(self) -> tuple[int, Used]:
        said = os.read(self._report, REPORT.size) if _readable(self._report, PATIENCE) else b""
        if len(said) < REPORT.size:
            return -signal.SIGKILL, (None, None)
        code, cpu, memory = REPORT.unpack(said)
        return code, (cpu, memory)


def _readable(descriptor: int, seconds: float | None) -> bool:
    """Whether there is something to read, or its other end is closed; a pidfd: whether its process is gone."""
    watched = select.poll()
    watched.register(descriptor, select.POLLIN)
    return bool(watched.poll(None if seconds is None else seconds * 1000))
