"""What one slot does in one task run: a claim and, where jobs are short, the claims that follow it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from db.ledger import Outcome
from flows.batch import Batch

#: A task run costs as much as hundreds of short jobs, so a slot goes on in the same one for so long (seconds), in which
#: what it waits for a processor does not count.
LENGTH = 1.0
#: The same where a job has a task run of its own as long as it is not short: so that nothing long hides behind much.
LENGTH_OF_SINGLES = 0.5


class Shift:
    """One slot's time at work. It may be run again after a fault of the machinery: it goes on where it stopped."""

    def __init__(self, batch: Batch, follow: Callable[[Batch], Batch | None]) -> None:
        """Begins with this claim; `follow` is asked for the one after a claim that was worked off."""
        self.batch = batch
        self.settled: Counter[str] = Counter()
        self._first, self._follow = batch, follow
        self._until: float | None = None

    def __str__(self) -> str:
        """The first job, and how many more there are as far as that is known."""
        name = self._first.first.target_label.rsplit("/", 1)[-1].encode(errors="replace").decode()
        if self._first.size < self._first.queue.grain or self._singles:
            return name if self._first.size == 1 else f"{name} and {self._first.size - 1} more"
        return f"{name} and more"

    @property
    def last(self) -> Outcome | None:
        """How the last job ended, where jobs are claimed one by one or there was only one; None where it has not."""
        alone = self.batch is self._first and self.batch.size == 1
        return self.batch.last if alone or self._singles else None

    @property
    def _singles(self) -> bool:
        return self._first.queue.grain == 1

    @property
    def stopped(self) -> bool:
        """Whether it was told to end early."""
        return self.batch.stopping.is_set()

    def run(self, task_run: str | None = None) -> None:
        """Work off what it holds, then what can be claimed after it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away; running it again goes on where it stopped.
        """
        self._until = self._until or time.monotonic() + (LENGTH_OF_SINGLES if self._singles else LENGTH)
        while True:
            self.batch.task_run = task_run
            self.batch.run()
            self.settled.update(self.batch.settled)
            self._until += self.batch.waited
            following = self._follow(self.batch) if self._goes_on() else None
            if following is None:
                return
            self.batch = following

    def _goes_on(self) -> bool:
        if self.batch.todo or self.stopped or self.batch.lost.is_set() or time.monotonic() >= (self._until or 0):
            return False
        # What went wrong is told as the state of a task run, which is one job's.
        return not self._singles or (self.batch.last is not None and self.batch.last.kind == "completed")
