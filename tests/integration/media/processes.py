"""What the tests look at of running processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")


def ffmpegs() -> list[psutil.Process]:
    """The ffmpeg processes that this one has started; not the session's database, which is a child too."""
    return [child for child in psutil.Process().children() if "ffmpeg" in child.name()]


def wait_for(condition: Callable[[], Found], seconds: float = 10.0) -> Found:
    """What the condition finds, once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Whether it runs: one that has ended and waits to be reaped does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def open_files(pid: int) -> set[str]:
    """What its descriptors are of, as /proc has it."""
    return {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
