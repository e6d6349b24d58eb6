"""Starts the queues that have work, and knows whether anybody is there to do it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from threading import Lock

import httpx
from sqlalchemy import Engine

from db.ledger import bury, flow_asked, may_start, queues_to_start, rescue
from ops_api.prefect import Prefect

logger = logging.getLogger(__name__)

#: Seconds that a person waits to hear whether the work was taken up; the starting goes on behind.
A_MOMENT = 2.0


@dataclass(frozen=True)
class Prospect:
    """What Prefect said last: whether it answers, and how many workers are alive (None: it did not say)."""

    prefect: bool = False
    workers: int | None = None


class Starter:
    """Asks the ledger which queues should be started, and Prefect to start them. Never fails its caller."""

    def __init__(self, engine: Engine, prefect: Prefect) -> None:
        self._engine = engine
        self._prefect = prefect
        self._one_at_a_time = Lock()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="starter")
        self.prospect = Prospect()

    def close(self) -> None:
        """Take no more. What is being asked of Prefect is given up; what it would have started, dispatch starts."""
        self._prefect.close()
        self._threads.shutdown(cancel_futures=True)

    def start_soon(self) -> bool:
        """Start what waits; whether that was done within a moment. Call it after the enqueue was committed."""
        return self.soon(self.start_due)

    def soon(self, work: Callable[[], bool]) -> bool:
        """Do this behind; whether it was done, and well, within a moment."""
        done = self._threads.submit(work)
        try:
            return done.result(A_MOMENT)
        except NotYetError:
            return False

    def start_due(self) -> bool:
        """Give back what dead processes held, then start every queue that has due work and nobody at it.

        False where Prefect refused or did not answer.
        """
        with self._one_at_a_time:
            with self._engine.begin() as conn:
                bury(conn)
                rescue(conn)
                names = queues_to_start(conn)
            started = [self._start(name) for name in names]
        return all(started)

    def look(self) -> None:
        """Ask Prefect who is alive."""
        try:
            self.prospect = Prospect(True, self._prefect.workers_online())
        except httpx.HTTPError as error:
            logger.debug("Prefect does not answer: %s", error)
            self.prospect = Prospect()

    def _start(self, name: str) -> bool:
        try:
            with self._engine.begin() as conn:
                if may_start(conn, name):
                    flow_asked(conn, name, self._prefect.start(name))
        except httpx.HTTPError as error:
            logger.warning("Could not start %s; dispatch will: %s", name, error)
            return False
        return True
