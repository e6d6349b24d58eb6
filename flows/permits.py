"""A bound for all of a machine: so many heavy jobs at once as it has processors, whatever the queues' slots allow.

A permit is a lock on a file, which the kernel lets go of when its holder dies. So is the word of a process that waits
how urgent its most urgent job is: while the more urgent wait, the others do not take what is free. Within a process
those that wait stand in line: only the first looks for what is free, and what another lets go of is handed to it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from darkroom.settings import settings
from flows.queues import PRIORITIES, PRIORITY_FIRST, PRIORITY_MACHINE

#: Seconds between two looks for a free permit.
LOOK = 0.02
#: From which priority on a job is more urgent than those before, for who waits for a processor.
CLASSES = sorted({*PRIORITIES, PRIORITY_FIRST})


def permits() -> int:
    """How many heavy jobs this machine does at once."""
    return settings().heavy_jobs or os.cpu_count() or 1


@contextmanager
def permit(given_up: Callable[[], bool], priority: int = PRIORITY_MACHINE) -> Iterator[bool]:
    """Hold one permit of this machine inside, waiting for it; False inside where it was given up before it came."""
    waiter = Waiter(given_up, max(0, bisect_right(CLASSES, priority) - 1))
    try:
        LINE.wait(waiter)
        yield waiter.held is not None
    finally:
        LINE.leave(waiter)


@dataclass(eq=False)
class Waiter:
    """One that waits for a permit, or holds one; `woken` when there is something to see for it."""

    given_up: Callable[[], bool]
    urgency: int
    woken: threading.Event = field(default_factory=threading.Event)
    held: int | None = None


class Line:
    """Those of one process that wait for a permit: the more urgent first, then who came first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []
        self._holders = 0
        #: The one that looks, and the lock on a file that says how urgent it is; none before its first look.
        self._first: Waiter | None = None
        self._word: int | None = None

    def wait(self, waiter: Waiter) -> None:
        """Stand in line until it holds a permit or has given up."""
        with self._lock:
            insort(self._waiters, waiter, key=lambda other: -other.urgency)
            self._changed()
        while waiter.held is None and not waiter.given_up():
            waiter.woken.wait(LOOK if self._looks(waiter) else None)
            waiter.woken.clear()

    def leave(self, waiter: Waiter) -> None:
        """Let go of what it holds: the first in line has it next, unless another process waits as urgently."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                self._changed()
            if waiter.held is None:
                return
            self._holders -= 1
            if self._first is None or self._word is None or _others_wait(_folder(), self._first.urgency, self._word):
                os.close(waiter.held)
            else:
                self._give(self._first, waiter.held)

    def _looks(self, waiter: Waiter) -> bool:
        """Whether it is the first; then it takes what is free, and wakes those that have given up."""
        with self._lock:
            if waiter is not self._first:
                return False
            if (permit := self._free(waiter.urgency)) is not None:
                self._give(waiter, permit)
            for other in self._waiters:
                if other.given_up():
                    other.woken.set()
            return True

    def _free(self, urgency: int) -> int | None:
        """A permit that nobody holds, unless others go first: the more urgent; at its first look, who was there before
        and is as urgent, too."""
        if self._word is not None and self._holders >= permits():
            return None  # nobody else has one that could be let go of
        folder = _folder()
        if self._word is None:
            self._word = _open(_word(folder, urgency))
            fcntl.flock(self._word, fcntl.LOCK_SH)
            others_go_first = _others_wait(folder, urgency, self._word)
        else:
            others_go_first = _more_urgent_wait(folder, urgency)
        if others_go_first:
            return None
        taken = (_take(folder / f"heavy-{number}") for number in range(permits()))
        return next((permit for permit in taken if permit is not None), None)

    def _give(self, waiter: Waiter, permit: int) -> None:
        waiter.held = permit
        self._holders += 1
        self._waiters.remove(waiter)
        waiter.woken.set()
        self._changed()

    def _changed(self) -> None:
        """Whoever is first now looks from now on, at once."""
        before, self._first = self._first, next(iter(self._waiters), None)
        if self._first is before:
            return
        if self._word is not None:
            os.close(self._word)
            self._word = None
        if self._first is not None:
            self._first.woken.set()


#: The line of this process.
LINE = Line()


def _others_wait(folder: Path, urgency: int, word: int) -> bool:
    """Whether another process waits as urgently as this one, whose word that is, or more so."""
    try:
        fcntl.flock(word, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        fcntl.flock(word, fcntl.LOCK_SH)
    return _more_urgent_wait(folder, urgency)


def _more_urgent_wait(folder: Path, urgency: int) -> bool:
    return any(_somebody_waits(_word(folder, more)) for more in range(urgency + 1, len(CLASSES)))


def _somebody_waits(path: Path) -> bool:
    """Whether a lock on it is shared by some; who looks at the same instant is taken for one, until the next look."""
    if (alone := _take(path)) is None:
        return True
    os.close(alone)
    return False


def _word(folder: Path, urgency: int) -> Path:
    return folder / f"waits-{urgency}"


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
        return _private_folder()
    return folder


@cache
def _private_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="darkroom-"))
