"""`darkroom down`."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from darkroom.settings import Settings
from deployments.errors import StartError
from deployments.up.leftovers import marked, stop_leftovers
from deployments.up.lock import PATIENCE, HeldError, HomeLock


def stop(settings: Settings) -> bool:
    """Ask the supervisor of this home to end and wait for it; without one, end what it may have left behind.

    Returns whether anything ran. Raises StartError when the supervisor does not end in time.
    """
    with HomeLock(settings.home) as lock:
        try:
            lock.take()
        except HeldError as held:
            _end(held.pid, lock)
            found = True
        else:
            found = bool(marked(settings.home))
        stop_leftovers(settings)
    return found


def _end(pid: int, lock: HomeLock) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(HeldError):
            return lock.take()
        time.sleep(0.1)
    raise StartError(f"Darkroom (process {pid}) did not end within {PATIENCE} seconds: kill {pid} ends it")
