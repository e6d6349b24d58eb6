"""What a kernel may ask of whoever runs it: report progress, write an event, be stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Level = Literal["info", "warn", "error"]


@dataclass(frozen=True)
class Usage:
    """What a child process has used: CPU seconds; bytes of memory at most, None where the system did not say.

    `ended` says how it ended where that was not well.
    """

    cpu: float = 0
    memory: int | None = None
    ended: str | None = None


class Control(Protocol):
    """The line between a kernel and its runner. A kernel knows nothing else of queues, ledgers or Prefect."""

    def progress(self, fraction: float) -> None:
        """Say how much of the work is done, 0.0 to 1.0. Cheap; may be called often."""

    def log(self, level: Level, message: str, **details: Any) -> None:
        """Write one event to the job's story."""

    def check(self) -> None:
        """Raise `CancelledError` if this work was asked to stop."""

    def used(self, usage: Usage) -> None:
        """Say what a child process has used of the machine, and how it ended."""

    def on_cancel(self, kill: Callable[[], None]) -> AbstractContextManager[object]:
        """While inside, `kill` is called (from another thread, at once, at most once) when the work is cancelled."""


class NoControl:
    """For a kernel that is called by hand: nobody listens, nobody cancels."""

    def progress(self, fraction: float) -> None:
        """Ignore it."""

    def log(self, level: Level, message: str, **details: Any) -> None:
        """Ignore it."""

    def check(self) -> None:
        """Never cancelled."""

    def used(self, usage: Usage) -> None:
        """Ignore it."""

    def on_cancel(self, kill: Callable[[], None]) -> AbstractContextManager[object]:
        """Never called."""
        return nullcontext()
