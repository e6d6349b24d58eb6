"""Everything that is written to the terminal: safe text, tables, times, one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from db.paths import display
from ops_api.words import duration, exact

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that no terminal shows: lines are for other programs then, and are never folded.
UNFOLDED = 4000


@cache
def console() -> Console:
    """The terminal. Text is text: nothing in it is markup, and no number is coloured."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else UNFOLDED
    return Console(markup=False, emoji=False, highlight=False, width=width)


def forgiving_streams() -> None:
    """Let a terminal that cannot show a character show its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def say(*words: object) -> None:
    """One line of answer."""
    sys.stdout.write(display(" ".join(str(word) for word in words)) + "\n")


def complain(sentence: object) -> None:
    """One sentence on the error stream."""
    sys.stderr.write(display(str(sentence)) + "\n")


def emit(answer: dict[str, Any]) -> None:
    """The one JSON object that `--json` promises. ASCII, so that every terminal and pipe carries it."""
    sys.stdout.write(json.dumps(answer) + "\n")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Iterable[int] = ()) -> None:
    """Columns with a heading; those at `numbers` are set right. Every cell is shown as one line of text."""
    from rich.table import Table

    columns = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, heading in enumerate(headings):
        columns.add_column(heading, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        columns.add_row(*(display(str(cell)) for cell in row))
    console().print(columns)


def until(moment: str) -> float:
    """Seconds from now to an ISO 8601 moment; 0 when it has passed."""
    return max(0.0, (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds())


def age(moment: datetime) -> str:
    """How long ago a moment was, in words."""
    return duration((datetime.now(UTC) - moment).total_seconds())


def local(moment: str | None) -> str:
    """An ISO 8601 moment as this machine's clock shows it; nothing where there is none."""
    return exact(datetime.fromisoformat(moment)) if moment else ""
