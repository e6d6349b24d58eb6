"""A bound for all of a machine: so many heavy jobs at once as it has processors, whatever the queues' slots allow.

A permit is a lock on a file, which the kernel lets go of when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from darkroom.settings import settings

#: Seconds between two looks for a free permit.
LOOK = 0.05


def permits() -> int:
    """How many heavy jobs this machine does at once."""
    return settings().heavy_jobs or os.cpu_count() or 1


@contextmanager
def permit(given_up: Callable[[], bool]) -> Iterator[bool]:
    """Hold one permit of this machine inside, waiting for it; False inside where it was given up before it came."""
    folder = _folder()
    while not given_up():
        for number in range(permits()):
            if (held := _take(folder / f"heavy-{number}")) is not None:
                try:
                    yield True
                finally:
                    os.close(held)
                return
        time.sleep(LOOK)
    yield False


def _take(path: Path) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _folder() -> Path:
    """One for each user of the machine, in a place that others cannot have prepared."""
    folder = Path(tempfile.gettempdir()) / f"darkroom-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="darkroom-"))
    return folder
