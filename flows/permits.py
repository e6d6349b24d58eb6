"""A bound for all of a machine: so many heavy jobs at once as it has processors, whatever the queues' slots allow.

A permit is a lock on a file, which the kernel lets go of when its holder dies. So is the word of one that waits how
urgent it is: while the more urgent wait, the others do not take what is free.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from darkroom.settings import settings
from flows.queues import PRIORITIES, PRIORITY_FIRST, PRIORITY_MACHINE

#: Seconds between two looks for a free permit.
LOOK = 0.05
#: From which priority on a job is more urgent than those before, for who waits for a processor.
CLASSES = sorted({*PRIORITIES, PRIORITY_FIRST})


def permits() -> int:
    """How many heavy jobs this machine does at once."""
    return settings().heavy_jobs or os.cpu_count() or 1


@contextmanager
def permit(given_up: Callable[[], bool], priority: int = PRIORITY_MACHINE) -> Iterator[bool]:
    """Hold one permit of this machine inside, waiting for it; False inside where it was given up before it came."""
    held = _wait(given_up, priority)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def _wait(given_up: Callable[[], bool], priority: int) -> int | None:
    folder, urgency = _folder(), max(0, bisect_right(CLASSES, priority) - 1)
    word = _open(folder / f"waits-{urgency}")
    try:
        fcntl.flock(word, fcntl.LOCK_SH)
        while not given_up():
            if not any(_somebody_waits(folder / f"waits-{more}") for more in range(urgency + 1, len(CLASSES))):
                for number in range(permits()):
                    if (held := _take(folder / f"heavy-{number}")) is not None:
                        return held
            time.sleep(LOOK)
        return None
    finally:
        os.close(word)


def _somebody_waits(path: Path) -> bool:
    """Whether a lock on it is shared by some; who looks at the same instant is taken for one, until the next look."""
    if (alone := _take(path)) is None:
        return True
    os.close(alone)
    return False


def _take(path: Path) -> int | None:
    file = _open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _folder() -> Path:
    """One for each user of the machine, in a place that others cannot have prepared."""
    folder = Path(tempfile.gettempdir()) / f"darkroom-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="darkroom-"))
    return folder
