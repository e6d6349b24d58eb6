"""Locks on files by which the processes of a machine share its permits: see `flows.permits`.

All are advisory and whole-file (`flock(2)`): the kernel lets go of what a process held when that ends, however it does.
A permit is held by one; that somebody waits as urgently as this is said by any number.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from functools import cache
from pathlib import Path

from flows.queues import PRIORITIES, PRIORITY_FIRST

#: From which priority on a job is more urgent than those before, for who waits for a processor.
CLASSES = sorted({*PRIORITIES, PRIORITY_FIRST})


def take_one_of(permits: int) -> int | None:
    """An open file that is a permit which nobody else holds until it is closed; None where all of them are held."""
    here = folder()
    taken = (_take(here / f"heavy-{number}") for number in range(permits))
    return next((permit for permit in taken if permit is not None), None)


def say_one_waits(urgency: int) -> int:
    """An open file that says so to others, until it is closed."""
    word = _open(_word(folder(), urgency))
    fcntl.flock(word, fcntl.LOCK_SH)
    return word


def others_wait(urgency: int, word: int) -> bool:
    """Whether another process waits as urgently as this one, whose word that is, or more so."""
    try:
        fcntl.flock(word, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        fcntl.flock(word, fcntl.LOCK_SH)
    return more_urgent_wait(urgency)


def more_urgent_wait(urgency: int) -> bool:
    """Whether another process waits more urgently than this."""
    here = folder()
    return any(_somebody_waits(_word(here, more)) for more in range(urgency + 1, len(CLASSES)))


def folder() -> Path:
    """Where the files are: one for each user of the machine, in a place that others cannot have prepared."""
    ours = Path(tempfile.gettempdir()) / f"darkroom-{os.getuid()}"
    ours.mkdir(mode=0o700, exist_ok=True)
    return _private_folder() if ours.is_symlink() or ours.stat().st_uid != os.getuid() else ours


@cache
def _private_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="darkroom-"))


def _word(here: Path, urgency: int) -> Path:
    return here / f"waits-{urgency}"


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
