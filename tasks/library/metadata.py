"""What a sidecar says about a video, brought into one form whatever it came from."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

#: Sidecars come from anywhere: no field may grow beyond these (characters, and names in a list).
LONGEST_TITLE = 500
LONGEST_OVERVIEW = 20_000
LONGEST_NAME = 200
MOST_NAMES = 200

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Metadata:
    """What is known of a video. `rating` is 0 to 100. No list names anything twice, whatever the case."""

    title: str | None = None
    overview: str | None = None
    released: date | None = None
    rating: int | None = None
    tags: tuple[str, ...] = ()
    performers: tuple[str, ...] = ()


NOTHING = Metadata()


def merge(first: Metadata, second: Metadata) -> Metadata:
    """What `first` says, its gaps filled from `second`; tags and people of both."""
    return Metadata(
        title=first.title or second.title,
        overview=first.overview or second.overview,
        released=first.released or second.released,
        rating=second.rating if first.rating is None else first.rating,
        tags=distinct((*first.tags, *second.tags)),
        performers=distinct((*first.performers, *second.performers)),
    )


def rating(value: object, *, best: float | None = None) -> int | None:
    """A rating on a scale of 0 to 100. Without `best`, up to 5 means stars, up to 10 points, up to 100 percent."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    if best is None:
        best = next((scale for scale in (5.0, 10.0, 100.0) if number <= scale), 0.0)
    if not math.isfinite(number) or not math.isfinite(best) or not 0 <= number <= best or best <= 0:
        return None
    return round(number * 100 / best)


def day(value: object) -> date | None:
    """The day that `2010-07-16`, a longer timestamp or `20100716` names."""
    words = str(value).strip()
    match = _ISO_DATE.match(words) or _PLAIN_DATE.fullmatch(words)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def line(value: object, longest: int = LONGEST_TITLE) -> str | None:
    """A text on one line; None where there is none."""
    words = paragraph(value, longest)
    return " ".join(words.split()) if words else None


def paragraph(value: object, longest: int = LONGEST_OVERVIEW) -> str | None:
    """A text that can be stored: entities decoded, no control characters, not too long; None where there is none."""
    if not isinstance(value, str):
        return None
    words = html.unescape(value[: longest * 4]).encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", words).strip()[:longest].strip() or None


def distinct(names: Iterable[object]) -> tuple[str, ...]:
    """The names without those that differ from an earlier one in case only."""
    found: dict[str, str] = {}
    for name in names:
        if (words := line(name, LONGEST_NAME)) and len(found) < MOST_NAMES:
            found.setdefault(words.casefold(), words)
    return tuple(found.values())
