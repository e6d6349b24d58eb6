"""What one slot works off: the rows of one claim, one after another, settled in groups."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from db import ledger
from db.ledger import Claimed, Enqueued, FollowUp, Outcome
from flows.job_control import JobControl
from flows.permits import permit
from flows.queues import PRIORITY_MACHINE, Queue, Retry
from flows.work import Done, GivenUp, HearsFailures, Snooze, Work
from tasks.errors import CancelledError, PermanentError, TransientError

#: Transitions of jobs of milliseconds are written together, this often (seconds).
WRITE_EVERY = 0.25
#: A claim that turns out to be more work than that gives its rest back, so that no urgent job waits long behind it
#: (seconds).
LONGEST = 2.0
#: The most jobs of a claim, and how many times larger than the last it may be.
LARGEST, GROWTH = 1000, 4
#: A signal to the whole process group may reach a tool before it reaches the engine (seconds).
SIGNAL_SKEW = 0.3

GONE = "This is no longer in the library."


def backoff(retry: Retry, attempt: int) -> float:
    """Seconds to wait after a failed attempt (1, 2, ...): exponential, with the queue's jitter to either side."""
    delay = min(retry.longest_delay, retry.first_delay * 2.0 ** (attempt - 1))
    return delay * random.uniform(1 - retry.jitter, 1 + retry.jitter)  # noqa: S311  (spreads load, guards nothing)


@dataclass(slots=True)
class Ended:
    """One attempt that ended and is not written yet; `began` and `at` are of the monotonic clock."""

    outcome: Outcome
    began: float
    at: float
    control: JobControl
    done: Done[Any, Any] | None = None
    why: Exception | None = None

    def aged(self, now: float) -> Outcome:
        """The outcome with its times, and what it used, as they are at the moment of writing."""
        outcome, control = self.outcome, self.control
        outcome.began_ago, outcome.ended_ago = now - self.began, now - self.at
        if control.had_children:
            outcome.cpu_seconds, outcome.peak_memory = round(control.usage.cpu, 4), control.usage.memory
        return outcome


def enqueue_after(conn: Connection, job: Claimed, wanted: Sequence[FollowUp]) -> Enqueued:
    """Enqueue what a job calls for, as its children."""
    return ledger.enqueue(
        conn,
        wanted,
        trigger=job.queue_name,
        priority=PRIORITY_MACHINE,
        parent_id=job.id,
        origin_id=job.origin_id or job.id,
    )


class Pace:
    """How many jobs a claim takes: as many as a slot does between two writes, as the last claim went."""

    def __init__(self, grain: int) -> None:
        self._grain = grain
        #: The size of the next claim.
        self.fits = grain

    def learn(self, batch: Batch) -> None:
        """How long the jobs of a claim took that is over."""
        done = batch.size - len(batch.todo)
        if self._grain == 1 or not done or not batch.seconds:
            return
        fits = int(done / batch.seconds * WRITE_EVERY)
        # A few quick jobs say little of those that follow.
        self.fits = max(self._grain, min(fits, done * GROWTH, LARGEST))


class Batch:
    """The rows of one claim. It may be run again after a fault of the machinery: what was settled stays settled."""

    def __init__(
        self,
        *,
        queue: Queue,
        work: Work[Any, Any],
        engine: Engine,
        owner: str,
        jobs: list[Claimed],
        tools: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self.queue, self.work, self.engine, self.owner, self.tools = queue, work, engine, owner, tools
        self.todo = list(jobs)
        self.size = len(jobs)
        #: Seconds that its kernel has taken so far.
        self.seconds = 0.0
        #: Seconds that it has waited for a processor.
        self.waited = 0.0
        self.first = jobs[0]
        #: The last attempt that ended, for those who want its error.
        self.last: Outcome | None = None
        self.settled: Counter[str] = Counter()
        self.lost = threading.Event()
        self.stopping = threading.Event()
        self.flow_run: str | None = None
        self.task_run: str | None = None
        self._ended: list[Ended] = []
        self._current: tuple[JobControl, float] | None = None
        self._marked = False
        self._wrote = time.monotonic()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Work the rows off and settle them.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away; running the batch again goes on where it stopped.
        """
        with self.engine.begin() as conn:
            targets = self.work.load(conn, self.todo)
        began = time.monotonic()
        while self.todo and not self._given_up() and not self._is_too_large(began):
            # Tools are taken behind the permit: slots that wait for a processor need none.
            asked = time.monotonic()
            with self._permit(self.todo[0]) as free:
                self.waited += time.monotonic() - asked
                if free:
                    with self.tools() as held:
                        self._several(held, targets, began)
        self.write()

    def _several(self, tools: Any, targets: Mapping[int, Any], began: float) -> None:
        """All that can be done with these tools: one job where it needed a permit."""
        while self.todo and not self._given_up() and not self._is_too_large(began):
            self._one(tools, self.todo[0], targets)
            if self.queue.heavy:
                return

    def _is_too_large(self, began: float) -> bool:
        return self.size > self.queue.grain and time.monotonic() - began >= LONGEST

    def _given_up(self) -> bool:
        return self.lost.is_set() or self.stopping.is_set()

    def _permit(self, job: Claimed) -> AbstractContextManager[bool]:
        """The right to keep one of the machine's processors busy, where the queue's jobs do; the row waits for it."""
        return permit(self._given_up, job.priority) if self.queue.heavy else nullcontext(True)

    def _one(self, tools: Any, job: Claimed, targets: Mapping[int, Any]) -> None:
        control = JobControl(job)
        with self._lock:
            self._current, self._marked = (control, time.monotonic()), False
        if self.queue.grain == 1 and not self.mark_running():
            self._leave(job)
            return
        ended = self._attempt(tools, job, targets, control)
        self._leave(job)
        if ended is not None:
            self.seconds += ended.at - ended.began
            with self._lock:
                self._ended.append(ended)
        if self.queue.grain == 1 or time.monotonic() - self._wrote >= WRITE_EVERY:
            self.write()

    def _leave(self, job: Claimed) -> None:
        with self._lock:
            self._current = None
            self.todo.remove(job)

    def _attempt(self, tools: Any, job: Claimed, targets: Mapping[int, Any], control: JobControl) -> Ended | None:
        began, done, why = time.monotonic(), None, None
        try:
            if job.id not in targets:
                raise PermanentError(GONE)
            result = self.work.run(tools, job, targets[job.id], control)
            done, outcome = self._went_well(job, targets[job.id], control, result)
        except Exception as error:
            # Whoever says when to come back was not stopped by a signal.
            maybe_killed = isinstance(error, TransientError) and not error.after
            if self.stopping.wait(SIGNAL_SKEW if maybe_killed else 0) or self.lost.is_set():
                return None
            outcome, why = self._failed(job, control, error), error
        return Ended(outcome, began, time.monotonic(), control, done, why)

    def _went_well(self, job: Claimed, target: Any, control: JobControl, result: Any) -> tuple[Done[Any, Any], Outcome]:
        if isinstance(result, Snooze):
            said = dict(self.work.summary(result.result))
            outcome = Outcome(job.id, "snooze", result=said, delay=result.seconds, progress=control.percent)
            return Done(job, target, result.result, snoozed=True), outcome
        return Done(job, target, result), Outcome(job.id, "completed", result=dict(self.work.summary(result)))

    def _failed(self, job: Claimed, control: JobControl, error: Exception) -> Outcome:
        words, used = str(error) or type(error).__name__, self._circumstances(control)
        if control.overdue:
            words = f"It took longer than the {self.queue.time_limit:g} s that a job of this queue may take."
            control.log("error", "Stopped, and failed for good.", error=words, **used)
            return Outcome(job.id, "failed", error=words)
        if isinstance(error, CancelledError) or control.cancelled:
            control.log("warn", "Cancelled; its processes have ended.", **used)
            return Outcome(job.id, "cancelled", error="Cancelled while it ran.")
        if isinstance(error, PermanentError):
            control.log("error", "Failed for good.", error=words, **used)
            return Outcome(job.id, "failed", error=words)
        details = {"error": words, **used}
        if not isinstance(error, TransientError):
            words = f"{type(error).__name__}: {words}"
            details |= {"error": words, "traceback": "".join(traceback.format_exception(error))}
        delay = max(getattr(error, "after", 0.0), backoff(self.queue.retry, control.attempt))
        if control.attempt < job.max_attempts:
            what_next = f"tried again in about {delay:.0f} s"
            control.log("warn", f"Attempt {control.attempt} of {job.max_attempts} failed; {what_next}.", **details)
        else:
            control.log("error", f"Attempt {control.attempt} of {job.max_attempts} failed; it was the last.", **details)
        return Outcome(job.id, "retry", error=words, delay=delay)

    def _circumstances(self, control: JobControl) -> dict[str, Any]:
        """What helps to understand an attempt that went wrong: which process it was in, what its children have used."""
        place, _, process = self.owner.rpartition(":")[0].rpartition(":")
        return {"process": f"{place.partition('/')[0]}:{process}", **control.usage_in_words()}

    def mark_running(self) -> bool:
        """Write that the current job runs, unless that is written; False when it was cancelled or its lease lost."""
        with self._lock:
            if self._current is None or self._marked:
                return True
            control, began = self._current
            self._marked = True
        with self.engine.begin() as conn:
            return ledger.start(
                conn,
                control.job.id,
                self.owner,
                flow_run=self.flow_run,
                task_run=self.task_run,
                began_ago=time.monotonic() - began,
            )

    def mark_slow(self) -> None:
        """Write that the current job runs if it has for a while, and stop it if it may not, or no longer."""
        with self._lock:
            current = self._current
        if current and time.monotonic() - current[1] >= self.queue.time_limit:
            current[0].stop_overdue()
        if current and time.monotonic() - current[1] >= WRITE_EVERY and not self.mark_running():
            current[0].cancel()

    def running(self) -> JobControl | None:
        """The control of the job whose kernel runs now."""
        with self._lock:
            return self._current[0] if self._current else None

    def write(self) -> None:
        """Settle what has ended, with its results, its follow-up jobs and its events, in one transaction."""
        with self._lock:
            ended, self._ended = self._ended, []
        self._wrote = time.monotonic()
        if not ended:
            return
        try:
            self.settled.update(self._settle(ended))
        except BaseException:
            with self._lock:
                self._ended[:0] = ended
            raise
        self.last = ended[-1].outcome

    def _settle(self, ended: list[Ended]) -> list[str]:
        """Returns what became of each that was still this claim's to settle."""
        now = time.monotonic()
        events = [event for each in ended for event in each.control.take_events()]
        try:
            with self.engine.begin() as conn:
                statuses = ledger.settle(
                    conn,
                    self.owner,
                    [each.aged(now) for each in ended],
                    flow_run=self.flow_run,
                    task_run=self.task_run,
                )
                done = [each.done for each in ended if each.done and _stands(each.done, statuses)]
                for job, wanted in self.work.save(conn, done):
                    enqueue_after(conn, job, wanted)
                if isinstance(self.work, HearsFailures):
                    self.work.give_up(conn, _without_result(ended, statuses))
                ledger.add_events(conn, events, unless_overtaken=True)
        except BaseException:
            ended[0].control.keep_events(events)
            raise
        snoozed = {each.job.id for each in done if each.snoozed}
        return ["snoozed" if job in snoozed else status for job, status in statuses.items()]


def _stands(done: Done[Any, Any], statuses: Mapping[int, str]) -> bool:
    """Whether a result is to be written: the claim was not lost and nobody cancelled the job meanwhile."""
    return statuses.get(done.job.id) == ("queued" if done.snoozed else "completed")


def _without_result(ended: Sequence[Ended], statuses: Mapping[int, str]) -> list[GivenUp]:
    """What ended for good and brought nothing."""
    return [
        GivenUp(each.control.job, each.outcome.error or "Cancelled.", status == "cancelled", each.why)
        for each in ended
        if (status := statuses.get(each.control.job.id)) in {"failed", "cancelled"}
    ]
