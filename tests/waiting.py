"""The one way to wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psutil

Found = TypeVar("Found")

#: Seconds after which waiting is in vain, however busy the machine is.
PATIENCE = 120.0


def until(condition: Callable[[], Found], what: str = "it", seconds: float = PATIENCE) -> Found:
    """What the condition finds, once that is something; fails with what it is where it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


def running(pid: int) -> bool:
    """Whether the process exists and has not ended: one that waits to be reaped has."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
