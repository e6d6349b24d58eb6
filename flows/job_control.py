"""The line between one running job and the engine: progress and events go out, a cancel comes in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from db.ledger import Claimed, Event
from tasks.control import Level, Usage
from tasks.errors import CancelledError

log = logging.getLogger("darkroom.jobs")

_LEVELS = {"info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class JobControl:
    """A `tasks.control.Control` for one attempt at one job. Safe to use from the slot's thread and the pulse's."""

    def __init__(self, job: Claimed) -> None:
        self.job = job
        self.attempt = job.attempts + 1
        self.percent = 0
        self.cancelled = False
        #: Whether it was stopped because it took longer than it may.
        self.overdue = False
        #: What its child processes have used together, of memory the one that had most.
        self.usage = Usage()
        self.had_children = False
        self._lock = threading.Lock()
        self._kills: list[Callable[[], None]] = []
        self._events: list[tuple[float, Event]] = []

    def progress(self, fraction: float) -> None:
        """Remember it; the pulse writes it, at most once a second."""
        self.percent = max(0, min(100, int(fraction * 100)))

    def log(self, level: Level, message: str, **details: Any) -> None:
        """Keep the event for the next write, and say it in the flow's own log."""
        event = Event(self.job.id, self.attempt, level, self.job.queue_name, message, details or None)
        with self._lock:
            self._events.append((time.monotonic(), event))
        log.log(_LEVELS[level], "%s: %s", self.job.target_label.encode(errors="replace").decode(), message)

    def used(self, usage: Usage) -> None:
        """Add what a child process of this attempt has used."""
        with self._lock:
            peaks = [peak for peak in (self.usage.memory, usage.memory) if peak is not None]
            cpu = self.usage.cpu + usage.cpu
            self.usage = Usage(cpu, max(peaks, default=None), usage.ended or self.usage.ended)
            self.had_children = True

    def usage_in_words(self) -> dict[str, Any]:
        """The same for the story of an attempt that went wrong; nothing where it had no children."""
        if not self.had_children:
            return {}
        said = {"cpuSeconds": round(self.usage.cpu, 3), "peakMemory": self.usage.memory, "ended": self.usage.ended}
        return {"used": {name: value for name, value in said.items() if value is not None}}

    def check(self) -> None:
        """Raise `CancelledError` once this job was asked to stop."""
        if self.cancelled:
            raise CancelledError("Cancelled.")

    @contextmanager
    def on_cancel(self, kill: Callable[[], None]) -> Iterator[None]:
        """Have `kill` called, at once and at most once, when this job is to stop while inside."""
        with self._lock:
            self._kills.append(kill)
            late = self.cancelled
        if late:
            self._pull(kill)
        try:
            yield
        finally:
            with self._lock:
                if kill in self._kills:
                    self._kills.remove(kill)

    def cancel(self) -> None:
        """Ask the job to stop and end its processes."""
        self.cancelled = True
        with self._lock:
            kills = list(self._kills)
        for kill in kills:
            self._pull(kill)

    def stop_overdue(self) -> None:
        """Stop the job because it has taken longer than it may."""
        self.overdue = True
        self.cancel()

    def _pull(self, kill: Callable[[], None]) -> None:
        with self._lock:
            if kill not in self._kills:
                return
            self._kills.remove(kill)
        kill()

    def take_events(self) -> list[Event]:
        """The events since the last time, with their ages as of now."""
        if not self._events:
            return []
        with self._lock:
            events, self._events = self._events, []
        now = time.monotonic()
        return [replace(event, ago=now - said) for said, event in events]

    def keep_events(self, events: list[Event]) -> None:
        """Take back events that could not be written."""
        now = time.monotonic()
        with self._lock:
            self._events[:0] = [(now - event.ago, event) for event in events]
