"""What a scan found, for the job's result and its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from db import paths
from tasks.control import Control
from tasks.library import classify
from tasks.library.classify import Rejection
from tasks.library.walk import Unreadable

#: Files that an event names as examples.
EXAMPLES = 5


@dataclass
class ScanResult:
    """What a scan found, in files. `found` counts all of its kind, also those left out (`rejected`, by reason)."""

    found: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    returned: int = 0
    #: Only the files beside these changed.
    sidecars: int = 0
    missing: int = 0
    #: Still being written; the next scan takes them.
    settling: int = 0
    #: Folders and files that could not be looked at.
    unreadable: int = 0
    rejected: dict[Rejection, int] = field(default_factory=dict)
    #: Jobs that the files want; fewer are enqueued where some were waiting already.
    follow_ups: int = 0

    @property
    def differing(self) -> int:
        """How many files were not as the library knew them."""
        return self.new + self.changed + self.moved + self.returned + self.sidecars + self.missing


class Report:
    """Gathers what is to be said of a scan, and says it as events, so that nothing is left out in silence.

    `nouns` says what files are called, by what the walk calls them.
    """

    def __init__(self, nouns: Mapping[str, str]) -> None:
        self.result = ScanResult()
        self._nouns = nouns
        self._found: Counter[str] = Counter()
        self.unreadable: list[Unreadable] = []
        self._left_out: list[str] = []
        self._refused: list[str] = []
        self._refusals = 0

    def found(self, kind: str) -> None:
        """The walk came by a file; one that only goes with others is not counted."""
        if kind in self._nouns:
            self.result.found += 1
            self._found[kind] += 1

    def left_out(self, path: str, reason: Rejection) -> None:
        """A file (its path spelled as in `db.paths`) does not belong to the library, by where it lies."""
        self.result.rejected[reason] = self.result.rejected.get(reason, 0) + 1
        if len(self._left_out) < EXAMPLES:
            self._left_out.append(paths.display(path))

    def refused(self, path: str, reason: str) -> None:
        """A sidecar was not read."""
        self._refusals += 1
        if len(self._refused) < EXAMPLES:
            self._refused.append(_line(path, reason))

    def tell(self, control: Control) -> None:
        """Write the events."""
        if rejected := self.result.rejected:
            why = ", ".join(f"{count:,} {classify.REASONS[reason]}" for reason, count in sorted(rejected.items()))
            message = f"Left out {sum(rejected.values()):,} of {self._in_words()}: {why}"
            control.log("warn", message, examples=self._left_out)
        if self.unreadable:
            message = f"Could not read {counted(len(self.unreadable), 'place')}; what is known of it stays as it was"
            control.log("warn", message, examples=[_line(*place) for place in self.unreadable[:EXAMPLES]])
        if self._refusals:
            control.log("warn", f"Could not use {counted(self._refusals, 'sidecar file')}", examples=self._refused)
        control.log("info", f"Found {self._in_words()}", **asdict(self.result))

    def _in_words(self) -> str:
        return " and ".join(counted(self._found[kind], noun) for kind, noun in self._nouns.items())


def counted(number: int, noun: str) -> str:
    """The number with its noun: `1 video`, `1,200 videos`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _line(path: str, reason: str) -> str:
    return f"{paths.display(paths.to_text(path))}: {reason}"
