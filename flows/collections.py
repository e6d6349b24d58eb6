"""The queue that evaluates the rules of collections again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from psycopg.errors import QueryCanceled
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from db import collections
from db.collections import ENTITIES, NoRulesError, Refreshed, RuleError
from db.ledger import Claimed, FollowUp
from flows.batch import GONE
from flows.database import engine
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.control import Control
from tasks.errors import PermanentError

QUEUE = BY_NAME[collections.QUEUE]


@flow(name="collection-refresh", task_runner=SLOTS, persist_result=False)
def collection_refresh(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Evaluate the rules of dynamic and hybrid collections again."""
    return work_off(QUEUE, CollectionRefresh(), enqueue=enqueue, everything=everything)


class CollectionRefresh:
    """A refresh is one transaction of its own: while it is at work, the ledger's rows are free for the heartbeat."""

    calls_for: tuple[str, ...] = ()

    def open(self) -> AbstractContextManager[None]:
        """It needs no tools."""
        return nullcontext()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, int]:
        """The ids of the collections; whether one still has rules is the refresh's own question."""
        return {job.id: int(job.target_id) for job in jobs}

    def run(self, tools: None, job: Claimed, target: int, control: Control) -> Refreshed:
        """Evaluate one collection's rules; a cancel ends the statement that runs."""
        with engine().begin() as conn, control.on_cancel(_canceller(conn)):
            control.check()
            try:
                done = collections.refresh(conn, target, seconds=QUEUE.time_limit, step=control.progress)
            except NoRulesError:
                raise PermanentError(GONE) from None
            except RuleError as error:
                raise PermanentError(str(error)) from None
            except OperationalError as error:
                control.check()
                if not isinstance(error.orig, QueryCanceled):
                    raise
                words = f"Its rules take more than {QUEUE.time_limit:.0f} s to evaluate; make them simpler."
                raise PermanentError(words) from None
        control.log("info", _in_words(done), **_summary(done))
        return done

    def save(
        self, conn: Connection, done: Sequence[Done[int, Refreshed]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Nothing is left to write; a collection whose rules or library changed meanwhile is refreshed once more."""
        again = collections.still_wanted(conn, [each.target for each in done])
        return [(each.job, [again[each.target]]) for each in done if each.target in again]

    def summary(self, result: Refreshed) -> Mapping[str, Any]:
        """The counts."""
        return _summary(result)


def _canceller(conn: Connection) -> Any:
    connection: Any = conn.connection.driver_connection
    return connection.cancel


def _summary(done: Refreshed) -> dict[str, Any]:
    return {"added": done.added, "removed": done.removed, "matching": dict(done.matching)}


def _in_words(done: Refreshed) -> str:
    found = ", ".join(f"{count:,} {ENTITIES[name].plural}" for name, count in done.matching.items()) or "nothing"
    return f"The rules select {found}: {done.added:,} new, {done.removed:,} no longer"
