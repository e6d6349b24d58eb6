"""The loop that all queues share: claim rows, hand them to slots, claim again, end when nothing is due.

It knows nothing of Prefect: how a batch gets a thread and how another queue's flow is started is handed in.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError

from db import ledger
from db.ledger import Claimed, Enqueued, Event, Outcome
from db.selection import run_queue
from flows.batch import Batch, Pace
from flows.others import Others, Starts
from flows.pulse import Pulse
from flows.queues import Queue
from flows.shift import Shift
from flows.work import Work

log = logging.getLogger("darkroom.engine")

#: A flow waits for rows that are due within this time, and for slots that a dead process may hold (seconds).
PATIENCE = 15.0
SLOT_PATIENCE = ledger.LEASE + 5.0
#: A flow that hears nothing looks for itself this often (seconds).
LOOK = 5.0
#: How long the database may be away before the flow gives up (seconds).
DATABASE_PATIENCE = 600.0
#: How it is away; the last is what one hears that has stopped for so long that its transaction was ended.
AWAY = (OperationalError, InterfaceError, InternalError)
#: How long slots may take to end their processes when the flow is told to stop (seconds).
STOPPING = 10.0

CANCELLED_IN_PREFECT = "Its flow run was cancelled in Prefect."


class DisownedError(Exception):
    """Prefect says that this flow run is over, though it still works: it has stopped."""


class ToldToEndError(Exception):
    """The flow that this one went along with is over: it has stopped."""


class Runner(Starts, Protocol):
    """Whoever lends the engine threads and starts other queues: Prefect in the product."""

    def submit(self, shift: Shift, done: Callable[[], None]) -> None:
        """Run `shift.run` in a thread, again after faults of the machinery, then call `done`, however it went."""

    def was_cancelled(self) -> bool:
        """Whether the signal that ends this flow means that a person cancelled it, rather than that it has to go."""


class QueueRun:
    """One flow's work on one queue."""

    def __init__(self, engine: Engine, queue: Queue, work: Work[Any, Any], runner: Runner, flow_run: str) -> None:
        self.engine, self.queue, self.work, self.runner, self.flow_run = engine, queue, work, runner, flow_run
        self.settled: Counter[str] = Counter()
        self.last: Outcome | None = None
        self._batches: dict[str, Batch] = {}
        self._shifts: set[Shift] = set()
        self._rescued_at = 0.0
        self._stopping = threading.Event()
        self._disowned = threading.Event()
        self._wake = threading.Event()
        #: Set when the queue itself may have something new: news of the others are no reason to ask for more.
        self._ask = threading.Event()
        self._ask.set()
        self._asked_at = 0.0
        self._others = Others(engine, (*queue.also_runs, *work.calls_for), runner, self._wake.set)
        self._told: bool | None = None
        self._tools: deque[Any] = deque()
        self._pace = Pace(queue.grain)
        self._idle_since: float | None = None
        self._away_since: float | None = None

    def enqueue(self, *, trigger: str, everything: bool) -> Enqueued:
        """Enqueue what lacks this queue's result."""
        with self.engine.begin() as conn:
            return run_queue(conn, self.queue.name, trigger=trigger, everything=everything)

    def work_off(self, first: Callable[[], None] = lambda: None) -> None:
        """Do what comes first, then work until nothing is due, then leave.

        Whatever ends it early (a signal) ends the slots' work first.

        Raises:
            DisownedError: Prefect has ended the flow run.
            ToldToEndError: `end` was called.
        """
        self._arrive()
        with self._pulse():
            try:
                first()
                self._stay()
                while not self._leave():
                    self._stay()
                # all that was left to do may have been cancelled by what ended the flow run
                if self._disowned.is_set():
                    raise DisownedError
            except BaseException:
                self._stop_all(cancel=self.runner.was_cancelled() if self._told is None else self._told)
                raise
            finally:
                self._close_tools()

    def end(self, cancel: bool) -> None:
        """Have it end early, from any thread: with `cancel`, what it runs is cancelled."""
        self._told = cancel
        self._wake.set()

    def _pulse(self) -> Pulse:
        return Pulse(
            self.engine,
            self._heard_queues(),
            self.flow_run,
            batches=self._live_batches,
            busy=lambda: bool(self._shifts),
            heard=self._hear,
            disowned=self._disowned,
        )

    def _hear(self, queues: Collection[str]) -> None:
        if self.queue.name in queues:
            self._ask.set()
        self._wake.set()

    def _heard_queues(self) -> tuple[str, ...]:
        return (self.queue.name, *self._others.names)

    def _live_batches(self) -> list[Batch]:
        return list(self._batches.values())

    def _stay(self) -> None:
        while (wait := self._next_wait()) is not None:
            self._sleep(wait)

    def _sleep(self, seconds: float) -> None:
        if not self._wake.wait(seconds):
            self._ask.set()
        self._wake.clear()

    def _next_wait(self) -> float | None:
        """Claim all that can be claimed; then how long to sleep, None to leave."""
        if self._disowned.is_set():
            raise DisownedError
        if self._told is not None:
            raise ToldToEndError
        try:
            if asked := self._ask.is_set() or time.monotonic() - self._asked_at >= LOOK:
                self._claim_all()
            # asked before: work that ends during the look for others may have given them some
            busy, here = bool(self._shifts), self._others.are_here()
            self._others.start(busy=busy, here=here)
            if busy or here or self._others.are_here():
                return LOOK
            with self.engine.begin() as conn:
                due = ledger.next_due(conn, self.queue.name)
        except AWAY as error:
            return self._database_away(error)
        self._away_since = None
        if due is None or due > PATIENCE:
            return None
        if due > 0:
            return due
        if not asked:
            return 0.0
        # Something is due but all slots are taken, by another flow or by the leases of one that died.
        self._idle_since = self._idle_since or time.monotonic()
        return 1.0 if time.monotonic() - self._idle_since < SLOT_PATIENCE else None

    def _database_away(self, error: Exception) -> float:
        self._away_since = self._away_since or time.monotonic()
        if time.monotonic() - self._away_since > DATABASE_PATIENCE:
            raise error
        return 1.0

    def _claim_all(self) -> None:
        self._ask.clear()
        try:
            while self._claim():
                self._idle_since = None
        except AWAY:
            self._ask.set()
            raise
        self._asked_at = time.monotonic()

    def _claim(self) -> bool:
        batch = self._lease()
        if batch is None:
            return False
        shift = Shift(batch, self._follow)
        self._shifts.add(shift)
        self.runner.submit(shift, lambda: self._ended(shift))
        return True

    def _lease(self) -> Batch | None:
        """What a free slot may take now, on its own lease."""
        owner = ledger.new_owner()
        jobs = self._take(owner)
        if not jobs:
            return None
        batch = Batch(queue=self.queue, work=self.work, engine=self.engine, owner=owner, jobs=jobs, tools=self.tools)
        batch.flow_run = self.flow_run
        self._batches[owner] = batch
        return batch

    def _take(self, owner: str) -> list[Claimed]:
        with self.engine.begin() as conn:
            # The slots and rows of the dead are missed now and then.
            if time.monotonic() - self._rescued_at >= LOOK:
                ledger.rescue(conn, self.queue.name)
                self._rescued_at = time.monotonic()
            return ledger.claim(conn, self.queue, owner, self._pace.fits)

    def _follow(self, batch: Batch) -> Batch | None:
        """The claim after this one, by the slot that has worked it off; None when there is none for it."""
        self._close(batch)
        if self._stopping.is_set():
            return None
        try:
            following = self._lease()
        except AWAY:
            return None  # the loop finds out by itself, and waits
        if following and self._stopping.is_set():
            self._close(following)
            return None
        return following

    def _close(self, batch: Batch) -> None:
        if self._batches.pop(batch.owner, None) is None:
            return
        if batch.todo and not batch.stopping.is_set():
            with suppress(SQLAlchemyError), self.engine.begin() as conn:
                ledger.release(conn, [batch.owner])
        self._pace.learn(batch)
        self.settled.update(batch.settled)
        self.last = batch.last or self.last

    def _ended(self, shift: Shift) -> None:
        self._close(shift.batch)
        self._shifts.discard(shift)
        self._hear((self.queue.name,))

    def _arrive(self) -> None:
        with self.engine.begin() as conn:
            ledger.bury(conn)
            ledger.flow_works(conn, self.queue.name, self.flow_run, host=ledger.place(), pid=os.getpid())

    def _leave(self) -> bool:
        """Say that this flow takes no more work, then look once more; False when there was something after all.

        Where no other could be started in its place, it stays: what comes next is done by it or has to wait.
        """
        if not self.runner.can_start():
            self._sleep(LOOK)
            return False
        with self.engine.begin() as conn:
            ledger.flow_left(conn, self.flow_run)
        with self.engine.begin() as conn:
            due = ledger.next_due(conn, self.queue.name)
        if due is None or due > 0 or self._idle_since is not None:
            return True
        self._arrive()
        self._ask.set()
        return False

    @contextmanager
    def tools(self) -> Iterator[Any]:
        """Tools that no other slot is using, those used last first: as many as jobs ever ran at once."""
        try:
            opened, held = self._tools.pop()
        except IndexError:
            opened = self.work.open()
            held = opened.__enter__()
        try:
            yield held
        finally:
            self._tools.append((opened, held))

    def _close_tools(self) -> None:
        while self._tools:
            opened, _ = self._tools.pop()
            opened.__exit__(None, None, None)

    def _stop_all(self, *, cancel: bool) -> None:
        self._others.end(cancel=cancel)
        try:
            self.stop(cancel=cancel)
        finally:
            self._others.wait(STOPPING)

    def stop(self, *, cancel: bool) -> None:
        """End what runs: with `cancel` these jobs are cancelled, otherwise they wait again as if never begun."""
        self._stopping.set()
        batches = self._live_batches()
        running = [(batch, control) for batch in batches if (control := batch.running())]
        for batch in batches:
            batch.stopping.set()
        for _, control in running:
            control.cancel()
        deadline = time.monotonic() + STOPPING
        while self._shifts and time.monotonic() < deadline:
            time.sleep(0.05)
        with self.engine.begin() as conn:
            for batch, control in running if cancel else ():
                outcome = Outcome(control.job.id, "cancelled", error=CANCELLED_IN_PREFECT)
                if ledger.settle(conn, batch.owner, [outcome], flow_run=self.flow_run):
                    said = Event(control.job.id, control.attempt, "warn", "ledger", CANCELLED_IN_PREFECT)
                    ledger.add_events(conn, [said])
            ledger.release(conn, [batch.owner for batch in batches])
            ledger.flow_left(conn, self.flow_run)
