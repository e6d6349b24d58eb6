"""A bound for all of a machine: so many heavy jobs at once as it has processors, whatever the queues' slots allow.

A permit is a lock on a file, which the kernel lets go of when its holder dies. So is the word of a process that waits
how urgent its most urgent job is: while the more urgent wait, the others do not take what is free. Within a process
those that wait stand in line: only the first looks for what is free, and what another lets go of is handed to it.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from darkroom.settings import settings
from flows import locks
from flows.queues import PRIORITY_MACHINE

#: Seconds between two looks for a free permit.
LOOK = 0.02


def permits() -> int:
    """How many heavy jobs this machine does at once."""
    return settings().heavy_jobs or os.cpu_count() or 1


@contextmanager
def permit(given_up: Callable[[], bool], priority: int = PRIORITY_MACHINE) -> Iterator[bool]:
    """Hold one permit of this machine inside, waiting for it; False inside where it was given up before it came."""
    waiter = Waiter(given_up, max(0, bisect_right(locks.CLASSES, priority) - 1))
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
            if self._first is None or self._word is None or locks.others_wait(self._first.urgency, self._word):
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
        if self._word is None:
            self._word = locks.say_one_waits(urgency)
            others_go_first = locks.others_wait(urgency, self._word)
        else:
            others_go_first = locks.more_urgent_wait(urgency)
        return None if others_go_first else locks.take_one_of(permits())

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
