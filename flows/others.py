"""The queues that a flow's jobs give work to: flow runs of their own, or runs that go along in this flow's process.

A process of its own costs as much as some hundred short jobs, so what has little to do goes along with the flow that
wanted it, once that has done its own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection, Engine

from db import ledger

log = logging.getLogger("darkroom.engine")

#: A flow that is at its own work for longer than this has the others started meanwhile (seconds).
SOON = 5.0
#: What has more than this to do gets a process of its own (jobs).
MANY = 500
#: What is given a few jobs at a time is started where it has more to do than this (jobs), or has waited for longer
#: (seconds): each few would be a flow run.
SOME = 100
WAITED = 30.0


class Along:
    """Another queue's flow run in this process, as the flow sees it that it goes along with."""

    def __init__(self, flow_run: str) -> None:
        self.flow_run = flow_run
        #: Set once it has ended, however it did.
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._end: Callable[[bool], None] | None = None
        self._told: bool | None = None

    def begins(self, end: Callable[[bool], None]) -> None:
        """It is at work, and this tells it to end."""
        with self._lock:
            self._end = end
            told = self._told
        if told is not None:
            end(told)

    def end(self, *, cancel: bool) -> None:
        """Tell it to end, now or as soon as it begins: with `cancel`, what it runs is cancelled."""
        with self._lock:
            self._told = cancel
            end = self._end
        if end is not None:
            end(cancel)


class Starts(Protocol):
    """Whoever starts flow runs."""

    def can_start(self) -> bool:
        """Whether flow runs can be started now."""

    def start_queue(self, name: str) -> str:
        """Ask for a flow run of another queue; returns its id."""

    def take_along(self, name: str, ended: Callable[[], None]) -> Along:
        """Run another queue in a thread of this process, then call `ended`, however it went."""


class Others:
    """The queues that one flow calls for. `ended` is called when one that goes along has ended."""

    def __init__(self, engine: Engine, names: tuple[str, ...], starts: Starts, ended: Callable[[], None]) -> None:
        self.names = names
        self._engine, self._starts, self._ended = engine, starts, ended
        self._began = time.monotonic()
        self._along: list[Along] = []
        #: Those that it has started before.
        self._been: set[str] = set()

    def are_here(self) -> bool:
        """Whether some go along that have not ended."""
        self._along = [along for along in self._along if not along.over.is_set()]
        return bool(self._along)

    def start(self, *, busy: bool, here: bool) -> None:
        """Start those that have work and nobody at it. While a flow is `busy` with its own, that has a moment.

        While it is, or others are `here`, more may be given to them, a few jobs at a time, and not each few are worth a
        flow run.
        """
        if not self.names or (busy and time.monotonic() - self._began < SOON):
            return
        with self._engine.begin() as conn:
            names = [
                name
                for name in ledger.queues_to_start(conn, self.names)
                if not (busy or (here and name in self._been)) or _is_worth_it(conn, name)
            ]
        # Who does not answer would keep the flow from its own work; to ask costs more than all the rest of this.
        for name in names if names and self._starts.can_start() else ():
            try:
                self._start(name, along=not busy)
            except Exception as error:
                log.warning("%s could not be started, dispatch will: %s", name, error)
                return

    def _start(self, name: str, *, along: bool) -> None:
        with self._engine.begin() as conn:
            if not ledger.may_start(conn, name):
                return
            self._been.add(name)
            if not along or ledger.has_more_due_than(conn, name, MANY):
                ledger.flow_asked(conn, name, self._starts.start_queue(name))
                return
            taken = self._starts.take_along(name, self._ended)
            self._along.append(taken)
            ledger.flow_asked(conn, name, taken.flow_run, host=ledger.place(), pid=os.getpid())

    def end(self, *, cancel: bool) -> None:
        """Tell those that go along to end."""
        for along in self._along:
            along.end(cancel=cancel)

    def wait(self, seconds: float) -> None:
        """Wait until they have ended, so long at most."""
        deadline = time.monotonic() + seconds
        for along in self._along:
            along.over.wait(max(0.0, deadline - time.monotonic()))


def _is_worth_it(conn: Connection, name: str) -> bool:
    """Whether a queue has enough to do, or has waited long enough, for a flow run of its own."""
    return ledger.has_more_due_than(conn, name, SOME) or (ledger.next_due(conn, name) or 0.0) < -WAITED
