"""Starts the programs, keeps them running, stops them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from deployments.errors import StartError
from deployments.up.child import Child
from deployments.up.programs import Step

#: A program that ends sooner than this after its start died quickly, seconds.
QUICK = 30

#: Waits before a program that died quickly is started again, seconds; when they are used up it is given up.
BACKOFF = (0.5, 1, 2, 4, 8)

#: How often the programs are looked at, seconds.
WATCH_SECONDS = 0.2


@dataclass
class Running:
    """A program that stays: the process it is now, and how often it died quickly in a row."""

    step: Step
    child: Child
    started: float = field(default_factory=time.monotonic)
    quick_deaths: int = 0
    start_again: float | None = None


class Supervisor:
    """`stopping` ends everything in order; `hurrying` skips the waiting."""

    def __init__(self, steps: list[Step], say: Callable[[str], None]) -> None:
        self.steps = steps
        self.say = say
        self.stopping = threading.Event()
        self.hurrying = threading.Event()
        self.running: list[Running] = []

    def start(self) -> None:
        """Start every step as soon as what it needs is ready; those that do not need each other start together.

        Returns early when `stopping` is set. Raises the first error of a step; the others are then abandoned.
        """
        failed = threading.Event()
        with ThreadPoolExecutor(len(self.steps)) as pool:
            futures: dict[str, Future[None]] = {}
            for step in self.steps:
                needed = [futures[name] for name in step.needs]
                futures[step.name] = pool.submit(self._start_after, needed, step, failed)
        for future in futures.values():
            future.result()

    def watch(self) -> None:
        """Start again what dies, until `stopping` is set.

        Raises StartError when a program dies quickly time and again.
        """
        while not self.stopping.wait(WATCH_SECONDS):
            for running in self.running:
                self._look_after(running)

    def stop(self, sweep: Callable[[], object]) -> None:
        """Stop everything, the last started first; `sweep` ends what outlived its program, then the database goes."""
        self.stopping.set()
        for running in reversed([running for running in self.running if not running.step.last]):
            running.child.stop(self.hurrying.is_set)
        sweep()
        for running in self.running:
            running.child.stop(self.hurrying.is_set)

    def _start_after(self, needed: list[Future[None]], step: Step, failed: threading.Event) -> None:
        for future in needed:
            future.result()
        if self.stopping.is_set() or failed.is_set():
            return
        try:
            self._start(step, lambda: self.stopping.is_set() or failed.is_set())
        except BaseException:
            failed.set()
            raise

    def _start(self, step: Step, stopping: Callable[[], bool]) -> None:
        began = time.monotonic()
        child = step.make()
        if child is None:
            return
        child.start()
        if step.stays:
            self.running.append(Running(step, child))
            child.wait_ready(stopping)
        else:
            child.wait_done(stopping)
        if not stopping():
            self.say(f"{step.name}: ready after {time.monotonic() - began:.1f} s")

    def _look_after(self, running: Running) -> None:
        if running.start_again is not None:
            if time.monotonic() >= running.start_again:
                self._start_again(running)
        elif (code := running.child.exit_code()) is not None:
            self._plan(running, code)

    def _plan(self, running: Running, code: int) -> None:
        """Decide when a program that ended is started again."""
        name, lived = running.step.name, time.monotonic() - running.started
        running.quick_deaths = running.quick_deaths + 1 if lived < QUICK else 0
        if running.quick_deaths > len(BACKOFF):
            raise StartError(
                f"{name} ended {running.quick_deaths} times within {QUICK} seconds of its start and was given up",
                running.child.last_words(),
            )
        wait = BACKOFF[max(0, running.quick_deaths - 1)]
        self.say(f"{name} ended with exit code {code} after {lived:.0f} s; starting it again in {wait:g} s.")
        running.start_again = time.monotonic() + wait

    def _start_again(self, running: Running) -> None:
        child = running.step.make()
        if child is None:
            return
        child.start()
        running.child, running.started, running.start_again = child, time.monotonic(), None
