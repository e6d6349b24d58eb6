"""What one process may use while it works on somebody's file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tasks.media import turns
from tasks.media.usage import cpu_of

if sys.platform == "linux":
    import resource

#: The process is gone already; whoever waits for it sees how it ended.
ENDED = (ProcessLookupError, psutil.NoSuchProcess)

#: How far a process that decodes steps back.
NICENESS = 10

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time, of silence (no sign of progress) and of CPU; bytes of address space and of one output."""

    wall: float
    silence: float
    cpu: float
    memory: int = 2 * GIB
    file_size: int = 2 * GIB
    open_files: int = 256


def apply(pid: int, limits: Limits, *, nice: bool) -> None:
    """Bound a process that has just been started. Elsewhere than on Linux only time and silence are bounded."""
    with suppress(*ENDED):
        if sys.platform == "linux":
            resource.prlimit(pid, resource.RLIMIT_AS, (limits.memory, limits.memory))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        allow_cpu(pid, limits.cpu)
        if nice:
            yield_to_others(pid)


def allow_cpu(pid: int, seconds: float) -> float:
    """Let a process use so many CPU seconds from now on; SIGXCPU stops it then. Returns how many it has used.

    The hard limit stays open, because an ordinary user could never raise it again for the next request.
    """
    used = cpu_of(pid) or 0.0
    if sys.platform == "linux":
        with suppress(*ENDED):
            resource.prlimit(pid, resource.RLIMIT_CPU, (int(used + seconds) + 1, resource.RLIM_INFINITY))
    return used


def yield_to_others(pid: int) -> None:
    """Let the page and the ledger go first, on the processor and on the disk."""
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    if sys.platform == "linux":
        psutil.Process(pid).ionice(psutil.IOPRIO_CLASS_BE, 7)
        turns.take_long(pid, NICENESS)
