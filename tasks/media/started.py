"""A program that has been started, and what its starter has to know of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

import tasks
from tasks.media.usage import cpu_of, memory_of

#: glibc keeps what a large file took, if not told otherwise: the index of a long book would stay for the child's life.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}


class Started(Protocol):
    """A process with three pipes, as `subprocess.Popen` has it; it is in the caller's process group."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def poll(self) -> int | None:
        """How it ended: its exit code, or the signal that killed it as a negative number; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The same once it has ended; `subprocess.TimeoutExpired` where that takes longer."""

    def kill(self) -> None:
        """SIGKILL it. From any thread, any number of times, also when it is gone."""

    def used(self) -> tuple[float | None, int | None]:
        """CPU seconds so far, and the most bytes of memory at once; None where nobody can say, or not any more."""

    def close(self) -> None:
        """Let go of it, once it has ended."""


class Program(subprocess.Popen[bytes]):
    """A program in a process of its own, in `folder` or where the caller is."""

    def __init__(self, argv: Sequence[str | bytes], folder: Path | None = None) -> None:
        super().__init__(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment(),
            cwd=folder,
        )

    def used(self) -> tuple[float | None, int | None]:
        """See `Started`. Once it is reaped its number may be another's."""
        return (cpu_of(self.pid), memory_of(self.pid)) if self.returncode is None else (None, None)

    def close(self) -> None:
        """Close the pipes."""
        for stream in (self.stdin, self.stdout, self.stderr):
            assert stream is not None
            stream.close()


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
