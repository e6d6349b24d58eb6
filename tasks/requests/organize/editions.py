"""A download that holds the same book in several formats: only the best of them is filed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.errors import PermanentError
from tasks.media.audio.probe import look
from tasks.media.tools import MediaTools
from tasks.requests.organize.found import Found, Part

#: The best first, as releases are ranked: one file with chapters, then what has lost least. What is not here is last.
BEST = (".m4b", ".mp4", ".flac", ".m4a", ".mp3")
#: Seconds by which two formats of one book may differ, and for each of their files: encoders pad what they write.
SLACK, SLACK_OF_FILE = 1.0, 0.1


@dataclass(frozen=True)
class Edition:
    """All files of one format, and how long they are together (seconds)."""

    extension: str
    parts: Sequence[Part]
    seconds: float

    @property
    def rank(self) -> tuple[int, str]:
        """The lower, the better."""
        return (BEST.index(self.extension) if self.extension in BEST else len(BEST), self.extension)

    def repeats(self, other: Edition) -> bool:
        """Whether it is as long as another: the same book once more."""
        files = max(len(self.parts), len(other.parts))
        return abs(self.seconds - other.seconds) <= SLACK + SLACK_OF_FILE * files


def without_repetitions(tools: MediaTools, found: Found) -> tuple[Found, Sequence[str]]:
    """What is left of a download without the formats that repeat a better one, and the extensions of those.

    Files of several formats that differ in length are parts of one book, or a bonus beside it: all of them stay, as
    they do where one of them cannot be read.
    """
    by_extension: dict[str, list[Part]] = defaultdict(list)
    for each in found.parts:
        by_extension[each.extension].append(each)
    if len(by_extension) == 1:
        return found, ()
    try:
        editions = [Edition(name, parts, _seconds(tools, parts)) for name, parts in by_extension.items()]
    except PermanentError:
        return found, ()
    kept: list[Edition] = []
    for edition in sorted(editions, key=lambda each: each.rank):
        if not any(edition.repeats(better) for better in kept):
            kept.append(edition)
    names = {each.extension for each in kept}
    left = [part for part in found.parts if part.extension in names]
    return replace(found, parts=left), sorted(by_extension.keys() - names)


def _seconds(tools: MediaTools, parts: Sequence[Part]) -> float:
    return sum(look(tools, each.path).duration for each in parts)
