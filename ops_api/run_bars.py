"""The last runs of a schedule as bars: as high as each took long, marked where it did not go well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ops_api.prefect import Run
from ops_api.words import duration

#: Of the drawing, in its own units.
HEIGHT, STEP = 20, 6


@dataclass(frozen=True)
class Bar:
    """One run: where its rectangle is, how it looks, what it says."""

    x: int
    y: float
    height: float
    look: str
    says: str


def bars(runs: Sequence[Run]) -> list[Bar]:
    """A bar for each, 2 high at least."""
    longest = max((run.seconds or 0 for run in runs), default=0) or 1
    return [_bar(n * STEP, run, longest) for n, run in enumerate(runs)]


def width(runs: Sequence[Run]) -> int:
    """How wide all of them are."""
    return len(runs) * STEP


def in_words(runs: Sequence[Run]) -> str:
    """How they went, and how long they usually take: "20 completed, usually in 1.2 s"."""
    counts = Counter(run.state.lower() for run in runs)
    took = [run.seconds for run in runs if run.seconds is not None]
    usually = f", usually in {duration(median(took))}" if took else ""
    return ", ".join(f"{count} {state}" for state, count in counts.most_common()) + usually


def _bar(x: int, run: Run, longest: float) -> Bar:
    height = round(2 + (HEIGHT - 2) * (run.seconds or 0) / longest, 1)
    took = f" in {duration(run.seconds)}" if run.seconds is not None else ""
    look = {"COMPLETED": "ok", "CANCELLED": "wait"}.get(run.kind, "bad")
    return Bar(x, round(HEIGHT - height, 1), height, look, f"{run.at:%Y-%m-%d %H:%M} UTC: {run.state.lower()}{took}")
