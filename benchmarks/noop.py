"""A queue whose jobs do nothing: what is left is the engine. Deployed by `benchmarks.engine`, run by the worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db.ledger import Claimed, FollowUp
from flows.queues import Queue
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.control import Control

NAME = "noop"


class NoOp:
    """Work that is done as soon as it begins."""

    calls_for: tuple[str, ...] = ()

    def open(self) -> AbstractContextManager[None]:
        """No tools."""
        return nullcontext()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, str]:
        """What the rows themselves say."""
        return {job.id: job.target_id for job in jobs}

    def run(self, tools: None, job: Claimed, target: str, control: Control) -> str:
        """Nothing."""
        return target

    def save(self, conn: Connection, done: Sequence[Done[str, str]]) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Nothing beside the rows' own end."""
        return ()

    def summary(self, result: str) -> Mapping[str, Any]:
        """Nothing."""
        return {}


@flow(name=NAME, task_runner=SLOTS, persist_result=False)
def noop(grain: int, slots: int) -> State[Any]:
    """Work off what is there."""
    queue = Queue(
        name=NAME,
        label="No-op",
        description="Does nothing",
        section="Library maintenance",
        slots=slots,
        scales=False,
        grain=grain,
        lacks="nothing",
    )
    return work_off(queue, NoOp(), enqueue=False, everything=False)
