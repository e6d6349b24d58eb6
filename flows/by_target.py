"""One queue whose jobs have targets of several types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection

from db.ledger import Claimed, FollowUp
from flows.work import Done, Work
from tasks.control import Control


class Tools:
    """What the works hold, each opened when a job first needs it."""

    def __init__(self, works: Mapping[str, Work[Any, Any]], stack: ExitStack) -> None:
        self._works, self._stack = works, stack
        self._open: dict[str, Any] = {}

    def of(self, target_type: str) -> Any:
        """Those for one type of target."""
        if target_type not in self._open:
            self._open[target_type] = self._stack.enter_context(self._works[target_type].open())
        return self._open[target_type]


class ByTarget:
    """Hands each job to the work for its type of target. A result is kept with the type that it is of."""

    def __init__(self, works: Mapping[str, Work[Any, Any]]) -> None:
        self.works = works
        self.calls_for: tuple[str, ...] = tuple({name for work in works.values() for name in work.calls_for})

    @contextmanager
    def open(self) -> Iterator[Tools]:
        """The tools of all works."""
        with ExitStack() as stack:
            yield Tools(self.works, stack)

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Any]:
        """The targets of each type."""
        found: dict[int, Any] = {}
        for target_type, work in self.works.items():
            if mine := [job for job in jobs if job.target_type == target_type]:
                found |= work.load(conn, mine)
        return found

    def run(self, tools: Tools, job: Claimed, target: Any, control: Control) -> tuple[str, Any]:
        """Do one job."""
        work = self.works[job.target_type]
        return job.target_type, work.run(tools.of(job.target_type), job, target, control)

    def save(
        self, conn: Connection, done: Sequence[Done[Any, tuple[str, Any]]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write the results of each type."""
        for target_type, work in self.works.items():
            mine = [Done(each.job, each.target, each.result[1]) for each in done if each.result[0] == target_type]
            if mine:
                yield from work.save(conn, mine)

    def summary(self, result: tuple[str, Any]) -> Mapping[str, Any]:
        """What the ledger keeps."""
        target_type, made = result
        return self.works[target_type].summary(made)
