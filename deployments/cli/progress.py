"""How far a chain of jobs is, as it is shown: bars in a terminal, lines anywhere else."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Protocol, Self

from deployments.cli.output import complain, console, say, until
from flows.queues import BY_NAME
from ops_api.words import duration

ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Count:
    """One queue's part of a chain."""

    queue: str
    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.queue} {self.done}/{self.total}"


def counts(chain: dict[str, Any]) -> list[Count]:
    """How far each queue is, in the fixed order of the queues."""
    order = {name: place for place, name in enumerate(BY_NAME)}
    queues = sorted(chain["queues"].items(), key=lambda item: order.get(item[0], len(order)))
    return [
        Count(name, sum(_of(states, ENDED)), sum(_of(states, (*ENDED, "queued", "running")))) for name, states in queues
    ]


def _of(states: dict[str, int], words: tuple[str, ...]) -> list[int]:
    return [states.get(word, 0) for word in words]


def delays(chain: dict[str, Any]) -> str:
    """`2 delayed, next in 40 s`, when nothing of the chain can go on before then; else nothing."""
    following = chain.get("delayedUntil")
    return f"{chain['pending']} delayed, next in {duration(until(following))}" if following else ""


class View(Protocol):
    """Something that shows a chain while it goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, chain: dict[str, Any]) -> None:
        """Show how far it is now."""


def view_for(*, as_json: bool) -> View:
    """Bars where a terminal shows the answer, lines where it does not, next to nothing beside a JSON answer."""
    if as_json:
        return Notes()
    return Bars() if sys.stdout.isatty() else Lines()


class Notes:
    """Says, on the error stream, only why it is taking long."""

    def __init__(self) -> None:
        self._delayed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, chain: dict[str, Any]) -> None:
        """Say once per wait that what is left waits for its next attempt."""
        if (reason := delays(chain)) and not self._delayed:
            complain(reason)
        self._delayed = bool(reason)


class Lines(Notes):
    """A line for each queue that has moved since it was last shown. Shown once a second at most: see `follow`."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: set[Count] = set()

    def show(self, chain: dict[str, Any]) -> None:
        """Print what has changed."""
        now = counts(chain)
        for count in now:
            if count not in self._shown:
                say(count)
        self._shown = set(now)
        super().show(chain)


class Bars:
    """A bar for each queue, and a line below them while only delayed work is left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console(),
        )
        self._bars: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, chain: dict[str, Any]) -> None:
        """Move the bars."""
        note = delays(chain)
        for count in counts(chain):
            if count.queue not in self._bars:
                self._bars[count.queue] = self._progress.add_task(count.queue, note="")
            left = note if count.done < count.total else ""
            self._progress.update(self._bars[count.queue], completed=count.done, total=count.total, note=left)
