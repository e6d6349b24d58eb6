"""Which of the releases that were found is the best one, and whether it may be taken without asking.

A release gets up to 100 points: 60 as it fits the book, 15 for its size, 15 for its seeders, 10 for its format. What a
person prefers (an indexer, a flag such as Freeleech) adds to or takes from that in percent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tasks.requests.release import Release
from tasks.requests.title_match import Book, match

MIB = 1 << 20
#: Smaller is no audiobook (bytes).
SMALLEST = 20 * MIB
#: So many points, both with and without preferences, and a release may be taken without asking.
ENOUGH = 50.0
#: And so many of the 60 for the book itself: below is the land of other books by the same author.
ENOUGH_MATCH = 42.0
#: So many are kept, of all that were ranked.
MOST = 100

SIZE, SEEDERS = 15.0, 15.0
#: The first that a title names counts.
FORMATS = {"M4B": 10.0, "M4A": 6.0, "MP3": 4.0, "FLAC": 7.0}
M4B_WITHOUT_CHAPTERS, OTHER_FORMAT = 9.0, 1.0
_NO_CHAPTERS = re.compile(r"\b(?:no|without)[ ._-]chapters\b|\bunchaptered\b", re.IGNORECASE)

#: What is said of points: the first line whose limit they are below; else the last.
TOTALS = ((35.0, "review before use"), (55.0, "fair"), (75.0, "good"), (math.inf, "excellent"))
MATCHES = ((24.0, "poor match"), (ENOUGH_MATCH, "weak match"), (54.0, "good match"), (math.inf, "excellent match"))
#: Of MiB a minute, and of seeders.
RATES = (
    (0.3, "very small for its length"),
    (0.5, "low bitrate"),
    (1.0, "medium bitrate"),
    (1.5, "high bitrate"),
    (math.inf, "very high bitrate"),
)
SWARMS = ((1.0, "no seeders"), (5.0, "few seeders"), (50.0, "some seeders"), (math.inf, "many seeders"))


@dataclass(frozen=True)
class Preference:
    """What a person prefers of one indexer: it (1 to 25), and of its releases those with a flag, in percent."""

    priority: int = 10
    flags: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """What the points of a release are made of."""

    match: float
    size: float
    seeders: float
    format: float
    #: By what is preferred: `priority`, and each flag by its name.
    bonuses: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def base(self) -> float:
        """0 to 100, before preferences."""
        return self.match + self.size + self.seeders + self.format

    @property
    def final(self) -> float:
        """What releases are put in order by."""
        return self.base + sum(self.bonuses.values())

    @property
    def qualifies(self) -> bool:
        """Whether the release may be taken without a person's look at it."""
        return self.match >= ENOUGH_MATCH and self.base >= ENOUGH and self.final >= ENOUGH

    def said(self) -> dict[str, object]:
        """The points by name, as JSON has them."""
        points = {"match": self.match, "size": self.size, "seeders": self.seeders, "format": self.format}
        totals = {"base": self.base, "final": self.final}
        return _rounded(points | totals) | {"bonuses": _rounded(self.bonuses), "notes": list(self.notes)}


@dataclass(frozen=True)
class Ranked:
    """A release and its points."""

    release: Release
    score: Score


def rank(
    book: Book,
    releases: Iterable[Release],
    preferences: Mapping[int | None, Preference] | None = None,
    *,
    require_author: bool = True,
) -> list[Ranked]:
    """The releases, the best first and among equals the newest; at most 100, cut only after all were ranked.

    What is known to be under 20 MiB is left out. `preferences` are by the release's `indexer_id`. With
    `require_author`, which is for choosing without a person, a release that names none of the authors does not match.
    """
    known = preferences or {}
    ranked = [
        Ranked(release, score(book, release, known.get(release.indexer_id, Preference()), require_author))
        for release in releases
        if release.size is None or release.size >= SMALLEST
    ]
    return sorted(ranked, key=_order)[:MOST]


def qualifying(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Those that may be taken without asking, in order."""
    return [each for each in ranked if each.score.qualifies]


def score(book: Book, release: Release, preference: Preference, require_author: bool = True) -> Score:
    """The points of one release."""
    matched = match(book, release.title, require_author=require_author)
    rate = _rate(release.size, book.minutes)
    size = SIZE * min(1.0, rate) if rate is not None else 0.0
    seeders, form = _seeders_points(release.seeders), format_points(release.title)
    base = matched + size + seeders + form
    notes = _notes(base, matched, rate, release.seeders)
    return Score(matched, size, seeders, form, _bonuses(base, release, preference), notes)


def format_points(title: str) -> float:
    """What the format that a title names is worth; an M4B has chapters unless the title denies it."""
    named = next((name for name in FORMATS if name in title.upper()), None)
    if named == "M4B" and _NO_CHAPTERS.search(title):
        return M4B_WITHOUT_CHAPTERS
    return FORMATS[named] if named else OTHER_FORMAT


def _rate(size: int | None, minutes: float | None) -> float | None:
    """MiB a minute, where both are known."""
    return size / MIB / minutes if size is not None and minutes is not None and minutes > 0 else None


def _seeders_points(seeders: int | None) -> float:
    """Usenet has none and needs none: what is not known counts as enough."""
    return SEEDERS if seeders is None else min(SEEDERS, 6 * math.log10(max(0, seeders) + 1))


def _bonuses(base: float, release: Release, preference: Preference) -> dict[str, float]:
    rules = {flag.strip().casefold(): modifier for flag, modifier in preference.flags.items()}
    flags = {flag.strip() for flag in release.flags}
    gained = {flag: base * rules[flag.casefold()] / 100 for flag in sorted(flags) if flag.casefold() in rules}
    return {"priority": base * preference.priority / 25} | gained


def _notes(base: float, matched: float, rate: float | None, seeders: int | None) -> tuple[str, ...]:
    bands = ((base, TOTALS), (matched, MATCHES), (rate, RATES), (seeders, SWARMS))
    return tuple(_band(value, table) for value, table in bands if value is not None)


def _band(value: float, table: Sequence[tuple[float, str]]) -> str:
    return next(words for limit, words in table if value < limit)


def _order(ranked: Ranked) -> tuple[float, float, str]:
    published = ranked.release.published or datetime.min.replace(tzinfo=UTC)
    return (-ranked.score.final, -published.timestamp(), ranked.release.guid)


def _rounded(points: Mapping[str, float]) -> dict[str, object]:
    return {name: round(value, 2) for name, value in points.items()}
