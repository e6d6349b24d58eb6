"""Everything that is written to the terminal: safe text, tables, times, one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that no terminal shows: lines are for other programs then, and are never folded.
UNFOLDED = 4000


@cache
def console(*, stderr: bool = False) -> Console:
    """The terminal. Text is text: nothing in it is markup, and no number is coloured."""
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True, width=None if terminal else UNFOLDED
    )


def forgiving_streams() -> None:
    """Let a terminal that cannot show a character show its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def plain(text: object) -> str:
    """One printable line of `text`: control characters, odd bytes and line breaks are spelled out."""
    return "".join(char if char.isprintable() else _spelled(char) for char in str(text))


def _spelled(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte that is no UTF-8, as the operating system's file names come
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def say(*words: object) -> None:
    """One line of answer."""
    sys.stdout.write(plain(" ".join(str(word) for word in words)) + "\n")


def complain(sentence: object) -> None:
    """One sentence on the error stream."""
    sys.stderr.write(plain(sentence) + "\n")


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
        columns.add_row(*(plain(cell) for cell in row))
    console().print(columns)


def duration(seconds: float) -> str:
    """How long, in the two units that matter: `4 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    big, small, units = (
        (whole // 60, whole % 60, ("min", "s")) if whole < 3600 else (whole // 3600, whole % 3600 // 60, ("h", "min"))
    )
    return f"{big} {units[0]} {small} {units[1]}" if small else f"{big} {units[0]}"


def until(moment: str) -> float:
    """Seconds from now to an ISO 8601 moment; 0 when it has passed."""
    return max(0.0, (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds())


def local(moment: str | None) -> str:
    """An ISO 8601 moment as this machine's clock shows it; nothing where there is none."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""
