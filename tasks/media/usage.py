"""What a child process has used, as the system counts it.

The peak that `wait4` reports is no such count: before a child is another program it is the one that starts it, with all
of that one's memory. What /proc says is of the program alone.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_of(pid: int) -> float | None:
    """CPU seconds of a process so far, also of one that has ended and is not reaped; None where there is none."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system


def memory_of(pid: int) -> int | None:
    """The most memory (bytes, resident) that a running process has had at once; None where the system does not say."""
    with suppress(OSError, ValueError):
        status = Path(f"/proc/{pid}/status").read_bytes()
        start = status.index(b"VmHWM:") + len(b"VmHWM:")
        return int(status[start : status.index(b"kB", start)]) * 1024
    return None


def in_words(program: str, code: int) -> str | None:
    """How a program ended, from what its parent is told; None where that was well."""
    if code == 0:
        return None
    if code > 0:
        return f"{program}: exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"{program}: signal {-code} ({name})"
