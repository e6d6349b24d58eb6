"""THE matcher: which of the books that a library lists is one that somebody asked for.

By ASIN, by ISBN, then by title and author: seven tenths the title, three tenths the author, 70 of 100 points at least.
A wrong match says that a book is there which is not, and nobody looks for it again; so whatever speaks against one
outweighs the points: another ASIN, another author, another number in the series, a word that only one title has, or
another book that fits as well.

All titles are compared at once by `rapidfuzz.process.cdist`, in native code; what comes near is looked at one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

import numpy as np
from rapidfuzz import fuzz, process

from tasks.requests.authors import authors_of
from tasks.requests.book_titles import Title, as_number, likeness, take_apart, texts
from tasks.requests.words import read

How = Literal["asin", "isbn", "title"]

ENOUGH = 70.0
TITLE, AUTHOR = 0.7, 0.3
#: What an author that is not named counts as (percent), and below what two are two people.
UNKNOWN, SAME_AUTHOR = 50.0, 65.0
#: So far behind the best another book must be (points).
MARGIN = 5.0
#: What is less alike is not looked at (percent), and so many titles are compared at a time.
NEAR, AT_ONCE = 85, 64
#: Names that are so alike are one name's spellings (percent).
SAME_NAME = 75.0


class Listed(Protocol):
    """A book that a library lists."""

    @property
    def title(self) -> str:
        """As the library has it."""

    @property
    def author(self) -> str | None:
        """One or several; some libraries have the narrator here."""

    @property
    def asin(self) -> str | None:
        """Audible's number."""

    @property
    def isbn(self) -> str | None:
        """Ten or thirteen digits."""


Item = TypeVar("Item", bound=Listed)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A book that somebody asked for."""

    title: str
    author: str
    narrator: str | None = None
    asin: str | None = None
    isbn: str | None = None
    #: Its number in its series.
    series_part: str | None = None
    language: str = "en"
    #: What it is known by to whoever asks; several requests may be for one book.
    book: int | None = None


@dataclass(frozen=True)
class Match(Generic[Item]):
    """A book that was found: the place of what was wanted, what it is, how it is known, and how surely (percent)."""

    wanted: int
    item: Item
    how: How
    score: float


def match(
    wanted: Sequence[Wanted], listed: Sequence[Item], taken: Mapping[int, int] | None = None
) -> list[Match[Item]]:
    """Find books, the earlier ones first where several want the same; each item is one book's at most.

    `taken`: by the place of an item, the book that it is known to be already.
    """
    matcher = _Matcher(wanted, listed, taken or {})
    matcher.by_number("asin", 100.0, [_asin(each.asin) for each in wanted], [_asin(each.asin) for each in listed])
    matcher.by_number("isbn", 95.0, [_isbn(each.isbn) for each in wanted], [_isbn(each.isbn) for each in listed])
    matcher.by_title()
    return sorted(matcher.found.values(), key=lambda each: each.wanted)


class _Matcher(Generic[Item]):
    def __init__(self, wanted: Sequence[Wanted], listed: Sequence[Item], taken: Mapping[int, int]) -> None:
        self.wanted, self.listed, self.taken = wanted, listed, taken
        self.found: dict[int, Match[Item]] = {}
        self._used: set[int] = set()

    def by_number(self, how: How, score: float, mine: Sequence[str | None], theirs: Sequence[str | None]) -> None:
        """Find what has the same number; nothing is no number."""
        places = defaultdict[str, list[int]](list)
        for place, number in enumerate(theirs):
            if number:
                places[number].append(place)
        for want, number in enumerate(mine):
            for place in places.get(number or "", ()):
                if self._is_free(want, place):
                    self._take(want, place, how, score)
                    break

    def by_title(self) -> None:
        """Find the rest, the surest first."""
        fitting = defaultdict[int, list[tuple[float, int]]](list)
        for want, place in self._near():
            if self._is_free(want, place) and (score := points(self.wanted[want], self.listed[place])) >= ENOUGH:
                fitting[want].append((-score, place))
        surest = sorted((score, want, place) for want, those in fitting.items() for score, place in those)
        for score, want, place in surest:
            if self._is_free(want, place) and not self._is_doubtful(place, score, fitting[want]):
                self._take(want, place, "title", -score)

    def _is_free(self, want: int, place: int) -> bool:
        book = self.wanted[want].book
        return want not in self.found and place not in self._used and self.taken.get(place, book) == book

    def _is_doubtful(self, place: int, score: float, fitting: Sequence[tuple[float, int]]) -> bool:
        """Whether another book fits about as well. The same book in another edition or library is no other."""
        best = self.listed[place]
        rivals = [self.listed[other] for points, other in fitting if points - score < MARGIN and other != place]
        return any(points_between(best, rival) < ENOUGH for rival in rivals)

    def _take(self, want: int, place: int, how: How, score: float) -> None:
        self.found[want] = Match(want, self.listed[place], how, round(score, 1))
        self._used.add(place)

    def _near(self) -> Iterator[tuple[int, int]]:
        """Which titles are alike enough to be looked at, each pair once; by language, whose small words say nothing."""
        for language in sorted({each.language for each in self.wanted}):
            asked = {at: _title(each) for at, each in enumerate(self.wanted) if each.language == language}
            known = {at: take_apart(each.title, language) for at, each in enumerate(self.listed)}
            yield from _alike(
                _forms({at: title for at, title in asked.items() if at not in self.found}),
                _forms({at: title for at, title in known.items() if at not in self._used}),
            )


def points(wanted: Wanted, item: Listed) -> float:
    """How surely an item is a book, 0 to 100, by title and author alone; 0 where something speaks against it."""
    if wanted.asin and item.asin and _asin(wanted.asin) != _asin(item.asin):
        return 0.0
    title = likeness(_title(wanted), take_apart(item.title, wanted.language), as_number(wanted.series_part))
    author = max(_same_people(wanted.author, item.author), _same_people(wanted.narrator or "", item.author))
    if not title or (item.author and author < SAME_AUTHOR):
        return 0.0
    return TITLE * title + AUTHOR * (author if item.author else UNKNOWN)


def points_between(one: Listed, other: Listed) -> float:
    """The same of two items."""
    return points(Wanted(title=one.title, author=one.author or "", asin=one.asin), other)


def _title(wanted: Wanted) -> Title:
    return take_apart(wanted.title, wanted.language)


def _forms(titles: Mapping[int, Title]) -> dict[str, list[int]]:
    found = defaultdict[str, list[int]](list)
    for place, title in titles.items():
        for text in texts(title.forms):
            found[text].append(place)
    return found


def _alike(mine: Mapping[str, Sequence[int]], theirs: Mapping[str, Sequence[int]]) -> Iterator[tuple[int, int]]:
    asked, known = list(mine), list(theirs)
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(asked) if known else 0, AT_ONCE):
        some = asked[start : start + AT_ONCE]
        alike = process.cdist(some, known, scorer=fuzz.ratio, score_cutoff=NEAR, dtype=np.uint8)
        for row, column in zip(*np.nonzero(alike), strict=True):
            pairs = {(want, place) for want in mine[some[row]] for place in theirs[known[column]]}
            yield from sorted(pairs - seen)
            seen |= pairs


def _same_people(ours: str, theirs: str | None) -> float:
    """How alike the likest two of two lines of names are, 0 to 100; `Doe, Jane` is one name, or two."""
    if not ours or not theirs:
        return 0.0
    pairs = ((one, other) for one in (*authors_of(ours), ours) for other in (*authors_of(theirs), theirs))
    return max(_same_person(*pair) for pair in pairs)


def _same_person(one: str, other: str) -> float:
    """How alike two names are; Frank and Brian Herbert are two people, however many letters they share."""
    short, long = sorted((_name(one), _name(other)), key=len)
    if not short or not all(any(_is_name(name, known) for known in long) for name in short):
        return 0.0
    return max(fuzz.token_sort_ratio(" ".join(short), " ".join(long)), 90.0 if len(short) > 1 else 0.0)


def _is_name(one: str, other: str) -> bool:
    """Whether two parts of names are one in two spellings, or initials and a name: `J`, `JRR` and `John`."""
    if one == other or fuzz.ratio(one, other) >= SAME_NAME:
        return True
    short, long = sorted((one, other), key=len)
    return short[0] == long[0] and (len(short) == 1 or (len(short) <= 3 and not re.search("[aeiouy]", short)))


def _name(said: str) -> list[str]:
    """The words of a name, its initials in one: `J. R. R. Tolkien` is `jrr tolkien`."""
    words: list[str] = []
    initials = False
    for word in read(said).words:
        if len(word) == 1 and initials:
            words[-1] += word
        else:
            words.append(word)
        initials = len(word) == 1
    return words


def _asin(said: str | None) -> str | None:
    return said.strip().upper() or None if said else None


def _isbn(said: str | None) -> str | None:
    """An ISBN of thirteen digits, also of one that has ten."""
    digits = re.sub(r"[^0-9X]", "", (said or "").upper())
    if len(digits) != 10:
        return digits or None
    body = f"978{digits[:9]}"
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body))
    return f"{body}{-total % 10}"
