"""Keeps Prefect and the ledger of one mind: who of them is behind is told, and that it was so is noted.

The ledger knows by signs of life which flow runs are at work; Prefect knows which ones a person, or the death of a
process that its worker saw, has ended. Each is believed in what it knows.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import httpx
from sqlalchemy import Engine

from darkroom.settings import settings
from darkroom.worker import flow_runs_here, has_process, worker_name
from db import ledger
from flows.queues import QUEUES
from ops_api.prefect import Live, Prefect

logger = logging.getLogger(__name__)

#: Whose flow runs give signs of life.
DEPLOYMENTS = frozenset({queue.name for queue in QUEUES} | {"dispatch"})

#: Seconds without a sign of life in the ledger after which a run of another machine is taken for lost, and after which
#: one that a worker took and never began waits for a worker again.
SILENCE = 20.0
NEVER_BEGUN = 180.0
#: Seconds that whoever starts the system may take to make the deployments.
STARTING = 240.0
#: Seconds that what Prefect knows of tasks may come late.
LATE = 60.0

#: How a flow run is that Prefect twice did not know.
GONE = "GONE"

_OVER = {
    "COMPLETED": "ended",
    "FAILED": "failed",
    "CRASHED": "crashed",
    "CANCELLED": "was cancelled",
    "PAUSED": "was paused",
}


class Agreement:
    """Looks at both every few seconds. `deploy` makes the deployments that Prefect has lost; `freed` starts what waited
    for a flow run that will never come to work."""

    def __init__(
        self,
        engine: Engine,
        prefect: Prefect,
        deploy: Callable[[], object] | None = None,
        freed: Callable[[], object] = lambda: None,
    ) -> None:
        self._engine, self._prefect, self._deploy, self._freed = engine, prefect, deploy, freed
        self._began, self._were_there = time.monotonic(), False
        self._silent: dict[str, float] = {}
        self._unknown: set[str] = set()
        self._cancelling: set[str] = set()

    def look(self) -> bool:
        """Compare, and set right what differs; False where Prefect did not answer."""
        try:
            self._redeploy()
            with self._engine.connect() as conn:
                beating, silent = ledger.beating(conn), ledger.silent(conn)
            states, live = self._states(beating), self._prefect.live(DEPLOYMENTS)
            self._end_what_prefect_ended(
                [flow for flow in beating if flow.state == "working" and not flow.disowned], states
            )
            died = _died_here(live)
            self._forget_what_never_began([flow for flow in beating if flow.state == "starting"], states, died)
            self._cancel_what_was_lost(silent)
            self._end_what_is_lost({flow.flow_run: flow.state for flow in beating}, live, died)
            for task in self._prefect.left_running(datetime.now(UTC) - timedelta(seconds=LATE)):
                self._prefect.set_state(task, "CRASHED", "Its flow run is over.", kind="task_runs")
        except httpx.HTTPError as error:
            logger.warning("Could not compare Prefect with the ledger; that is tried again: %s", error)
            return False
        return True

    def _states(self, beating: list[ledger.Beating]) -> dict[str, str]:
        runs = {flow.flow_run for flow in beating}
        states = self._prefect.states(runs)
        unknown = runs - states.keys()
        # What is seen once may be on its way.
        states |= dict.fromkeys(unknown & self._unknown, GONE)
        self._unknown = unknown
        return states

    def _end_what_prefect_ended(self, working: list[ledger.Beating], states: Mapping[str, str]) -> None:
        cancelling = {flow.flow_run for flow in working if states.get(flow.flow_run) == "CANCELLING"}
        for flow in working:
            run, state = flow.flow_run, states.get(flow.flow_run)
            if state in _OVER:
                says = f"Prefect says that this run of {flow.queue_name} {_OVER[state]}, and it was at work."
                self._disown(run, says, cancelled=state == "CANCELLED", lost=state == "CRASHED")
            elif state == GONE:
                says = f"Prefect no longer knows this run of {flow.queue_name}, which was at work."
                self._disown(run, says, cancelled=False, lost=False)
            # A worker that lives carries a cancel out itself.
            elif run in cancelling & self._cancelling:
                says = f"This run of {flow.queue_name} was cancelled in Prefect, and no worker carried that out."
                self._disown(run, says, cancelled=True, lost=False)
        self._cancelling = cancelling

    def _disown(self, run: str, says: str, *, cancelled: bool, lost: bool) -> None:
        with self._engine.begin() as conn:
            if ledger.disown(conn, run, says, cancelled=cancelled, lost=lost):
                logger.warning(says)

    def _forget_what_never_began(
        self, starting: list[ledger.Beating], states: Mapping[str, str], died: Collection[str]
    ) -> None:
        over = {**_OVER, GONE: "was lost by Prefect"}
        ended = {run: over[state] for run, state in states.items() if state in over}
        ended |= dict.fromkeys(died, "lost its process")
        forgotten = [flow for flow in starting if flow.flow_run in ended and self._forget(flow, ended[flow.flow_run])]
        if forgotten:
            self._freed()

    def _forget(self, flow: ledger.Beating, ended: str) -> bool:
        says = f"This run of {flow.queue_name} {ended} before it was at work; the queue may have another."
        with self._engine.begin() as conn:
            if forgotten := ledger.flow_never_began(conn, flow.flow_run):
                ledger.note(conn, says, queue_name=flow.queue_name, flow_run=flow.flow_run)
                logger.warning(says)
        return forgotten

    def _cancel_what_was_lost(self, silent: list[str]) -> None:
        """A flow says itself that it was cancelled; one whose process was killed first cannot."""
        for run, state in self._prefect.states(silent).items():
            if state in ("CANCELLED", "CANCELLING"):
                with self._engine.begin() as conn:
                    ledger.cancel_lost(conn, run, "Its flow run was cancelled in Prefect before its process was lost.")

    def _end_what_is_lost(self, beating: Mapping[str, str], live: list[Live], died: Collection[str]) -> None:
        now, seen = time.monotonic(), {}
        for run in live:
            if beating.get(run.id) == "working" or _lives_here(run):
                continue
            # One that was asked for gives no signs of life yet, and another machine may be slow.
            if run.id in beating and run.process and not _is_here(run):
                continue
            seen[run.id] = self._silent.get(run.id, now)
            if run.state == "PENDING":
                self._put_back(run)
            elif now - seen[run.id] >= SILENCE or (run.id in self._silent and run.id in died):
                self._end(run)
        self._silent = seen

    def _put_back(self, run: Live) -> None:
        if (datetime.now(UTC) - run.since).total_seconds() >= NEVER_BEGUN:
            self._say(run, "SCHEDULED", "A worker took this run and never began it; it waits for a worker again.")

    def _end(self, run: Live) -> None:
        cancelled = run.state == "CANCELLING"
        says = "This run was at work for Prefect, and its process is gone."
        self._say(run, "CANCELLED" if cancelled else "CRASHED", says)

    def _say(self, run: Live, state: str, says: str) -> None:
        self._prefect.set_state(run.id, state, says)
        with self._engine.begin() as conn:
            ledger.note(conn, says, flow_run=run.id)
            freed = state in _OVER and ledger.flow_never_began(conn, run.id)
        logger.warning("%s: %s", run.id, says)
        if freed:
            self._freed()

    def _redeploy(self) -> None:
        """Make the deployments, the work pool and the block again where Prefect has lost some."""
        if self._deploy is None:
            return
        if self._prefect.deployed(DEPLOYMENTS) >= len(DEPLOYMENTS):
            self._were_there = True
            return
        # At a start they are still being made.
        if not self._were_there and time.monotonic() - self._began < STARTING:
            return
        logger.warning("Prefect lacks deployments; they are made again.")
        self._deploy()
        with self._engine.begin() as conn:
            ledger.note(conn, "Prefect had lost deployments; they were made again.")


def redeployer() -> Callable[[], object] | None:
    """What makes the deployments anew, where whoever started this program said how."""
    if not (command := os.environ.get("DARKROOM_DEPLOY_COMMAND")):
        return None

    def deploy() -> None:
        done = subprocess.run(  # noqa: S603 - a command of our own
            shlex.split(command), check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            logger.error("The deployments could not be made: %s", done.stderr[-2000:])

    return deploy


def _lives_here(run: Live) -> bool:
    return _is_here(run) and run.process is not None and has_process(run.id, run.process)


def _died_here(live: list[Live]) -> set[str]:
    """Those that had a process on this machine that is gone. One that is pending waits for a worker again."""
    here = [run for run in live if _is_here(run) and run.state != "PENDING"]
    untold = {run.id for run in here if run.process is None}
    told = {run.id for run in here if run.process is not None and not has_process(run.id, run.process)}
    return told | (untold - flow_runs_here() if untold else untold)


def _is_here(run: Live) -> bool:
    """Whether the worker of this machine took it: its process can be looked at."""
    return run.worker == worker_name(settings())
