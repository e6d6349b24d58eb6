"""Whether two titles are one book's: taken apart into name, subtitle and number, and compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from tasks.requests.title_match import stop_words
from tasks.requests.words import read

Words = tuple[str, ...]

#: From here on two words are one, spelt in two ways (percent). What is shorter is another word (letters).
SAME_WORD, SHORTEST = 88.0, 5
#: A subtitle of fewer words than this is no title by itself: "Chapterhouse: Dune" is not "Dune".
TITLE_BY_ITSELF = 2

_NUMBERS = {
    name: str(number)
    for number, names in enumerate(
        (
            *("one i", "two ii", "three iii", "four iv", "five v", "six vi", "seven vii", "eight viii", "nine ix"),
            *("ten x", "eleven xi", "twelve xii", "thirteen xiii", "fourteen xiv", "fifteen xv", "sixteen xvi"),
        ),
        1,
    )
    for name in names.split()
}
_VOLUME = re.compile(
    r"[\s,;]*(?:\b(?:books?|vol(?:ume)?|part|no|nr|band|teil|tome|libro|episode)\b[\s.#]*|#\s*)"
    rf"(?P<number>\d{{1,3}}(?:\.\d)?|(?:{'|'.join(_NUMBERS)})\b)(?!\w)",
    re.IGNORECASE,
)
#: Several books in one.
_OMNIBUS = re.compile(r"\bomnibus\b|\bbox(?:ed)? set\b|\bbooks?\s*#?\d+\s*(?:[-–—&+]|to|and)\s*#?\d+", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
#: A name ends here, and a subtitle begins.
_DIVIDED = re.compile(r"\s*[:;]\s+|\s+[-–—]\s+|\s*[–—]\s+")
#: What follows a name without saying more of it.
_NOISE = re.compile(
    r"an?\b.{0,60}\b(?:novel|novella|thriller|memoir|mystery|romance|story)|(?:un)?abridged.{0,20}|(?:un)?gekürzt.{0,20}"
    r"|full[- ]cast.{0,20}|dramati[sz]ed.{0,20}|narrated by .{0,80}|(?:ein )?roman|hörbuch",
    re.IGNORECASE,
)
#: A number at the end of a name: `Saga 2`.
_LAST = re.compile(r"(?<=\w)[\s/.-]+(?P<number>\d{1,2})\s*$")


@dataclass(frozen=True)
class Title:
    """A title taken apart. Words are plain, without those that say nothing."""

    name: Words
    #: What stands behind a colon or a dash, unless that is a series' name with a number, or says nothing.
    subtitle: Words
    #: The number of a volume, and whether it is the name's own ("Saga, Book 2") rather than the series'.
    volume: float | None
    numbered: bool
    #: Several books in one.
    omnibus: bool

    @property
    def forms(self) -> tuple[Words, ...]:
        """By which it may be found: its name, all of it, its subtitle where that can be a title."""
        subtitle = self.subtitle if len(self.subtitle) >= TITLE_BY_ITSELF else ()
        return tuple(dict.fromkeys(filter(None, (self.name, self.name + self.subtitle, subtitle))))


@lru_cache(maxsize=65536)
def take_apart(title: str, language: str = "en") -> Title:
    """A title in its parts."""
    said: list[str] = []
    volumes: list[float | None] = []
    bracketed = [_number(found) for part in _BRACKETS.findall(title) if (found := _VOLUME.search(part))]
    for segment in _DIVIDED.split(_BRACKETS.sub(" ", title).strip()):
        found = _VOLUME.search(segment) or (None if said else _LAST.search(segment))
        volumes.append(_number(found) if found else None)
        rest = f"{segment[: found.start()]} {segment[found.end() :]}" if found else segment
        # a series with its number says where a book stands, not what it is called
        said.append("" if (found and any(said)) or _NOISE.fullmatch(segment.strip()) else rest)
    named = next((place for place, segment in enumerate(said) if read(segment).words), 0)
    of_series = [*bracketed, *volumes[:named], *volumes[named + 1 :]]
    volume = next((each for each in (volumes[named], *of_series) if each is not None), None)
    return Title(
        _telling(said[named], language),
        _telling(" ".join(said[named + 1 :]), language),
        volume,
        volumes[named] is not None,
        _OMNIBUS.search(title) is not None,
    )


def likeness(one: Title, other: Title, series_part: float | None = None) -> float:
    """How alike two titles are, 0 to 100; 0 where one says what the other does not, so that they are two books'.

    `series_part`: the first one's number in its series, where it is known besides.
    """
    if one.omnibus != other.omnibus or _other_volume(one, other, series_part):
        return 0.0
    return max((_alike(*pair) for pair in _comparable(one, other)), default=0.0)


def _other_volume(one: Title, other: Title, series_part: float | None) -> bool:
    mine = one.volume if one.volume is not None else series_part
    if mine is not None and other.volume is not None:
        return mine != other.volume
    # only one says a number: as a part of its name it may be left out of the first volume's alone
    return any(each.numbered and each.volume != 1 for each in (one, other))


def _comparable(one: Title, other: Title) -> Iterator[tuple[Words, Words]]:
    """What of two titles may be held against each other: two with different subtitles share no more than a series."""
    yield one.name + one.subtitle, other.name + other.subtitle
    if not (one.subtitle and other.subtitle):
        yield one.name, other.name
    for short, long in ((one, other), (other, one)):
        if not short.subtitle and len(long.subtitle) >= TITLE_BY_ITSELF:
            yield short.name, long.subtitle


def _alike(one: Words, other: Words) -> float:
    if not one or not other:
        return 0.0
    if sorted(one) == sorted(other) or "".join(one) == "".join(other):
        return 100.0
    left, right = set(one) - set(other), set(other) - set(one)
    spelt = all(any(_same_word(*pair) for pair in _pairs(word, right)) for word in left)
    spelt = spelt and all(any(_same_word(*pair) for pair in _pairs(word, left)) for word in right)
    return fuzz.ratio(" ".join(one), " ".join(other)) if spelt else 0.0


def _pairs(word: str, others: set[str]) -> Iterator[tuple[str, str]]:
    return ((word, other) for other in others)


def _same_word(one: str, other: str) -> bool:
    """Whether two words are one in two spellings; a number is no other number, nor are one alien and two the same."""
    if min(len(one), len(other)) < SHORTEST or any(map(str.isdigit, one + other)):
        return False
    return fuzz.ratio(one, other) >= SAME_WORD and f"{one}s" != other and one != f"{other}s"


def _telling(text: str, language: str) -> Words:
    """The words that tell one title from another; all of them where none does, as in `It`."""
    words = read(text).words
    silent = stop_words(language) | {"and", "und", "et"}
    return tuple(word for word in words if word not in silent) or words


def _number(found: re.Match[str]) -> float:
    said = found["number"].lower()
    return float(_NUMBERS.get(said, said))


def as_number(part: str | None) -> float | None:
    """A number in a series, where it is one."""
    try:
        return None if part is None else float(part)
    except ValueError:
        return None


def texts(forms: Sequence[Words]) -> list[str]:
    """Each form as one text, whatever the order of its words: `Hobbit, The`."""
    return [" ".join(sorted(each)) for each in forms]
