"""What the texts of an audio file's tags mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tasks.library.metadata import day, distinct, line, paragraph

#: Genres of what is read aloud, and the extension of books.
SPOKEN = re.compile(r"audio ?books?|spoken|speech|h(ö|oe)r(buch|b[uü]cher|spiel)|audiolib|livres? audio", re.IGNORECASE)
BOOK = ".m4b"

#: `3`, `3/12`, `3 of 12`; larger numbers count something else.
NUMBER = re.compile(r"(\d{1,5})(?!\d)(?:\s*(?:/|of)\s*(\d{1,5})(?!\d))?")
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
#: What stands between names in one text. A comma may be in a name, and so may a slash.
BETWEEN = re.compile(r"\s*;\s*")


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What the tags say; empty where they say nothing."""

    title: str | None
    artists: tuple[str, ...]
    album: str | None
    album_artists: tuple[str, ...]
    composers: tuple[str, ...]
    #: Who reads. By custom a book's narrator is its composer.
    narrators: tuple[str, ...]
    genres: tuple[str, ...]
    #: Which track of how many, which disc or part of how many.
    track: int | None
    tracks: int | None
    disc: int | None
    discs: int | None
    year: int | None
    #: The whole date, where there is one.
    released: date | None
    comment: str | None
    description: str | None
    language: str | None
    publisher: str | None
    series: str | None
    #: Its place in the series, such as `2` or `1.5`.
    series_part: str | None
    asin: str | None
    isbn: str | None


def understood(texts: Mapping[str, Sequence[str]], path: Path) -> Tags:
    """The tags of the file at `path`, whose texts were found under these fields."""
    first = {field: values[0] for field, values in texts.items() if values}
    said = {field: line(text) for field, text in first.items()}
    names = {field: _names(values) for field, values in texts.items()}
    track, tracks = _numbers(said.get("track"), said.get("tracks"))
    disc, discs = _numbers(said.get("disc"), said.get("discs"))
    released = day(said.get("date"))
    composers, genres = names.get("composers", ()), names.get("genres", ())
    is_book = path.suffix.lower() == BOOK or "asin" in said or any(SPOKEN.search(genre) for genre in genres)
    return Tags(
        title=said.get("title"),
        artists=names.get("artists", ()),
        album=said.get("album"),
        album_artists=names.get("album_artists", ()),
        composers=composers,
        narrators=names.get("narrators") or (composers if is_book else ()),
        genres=genres,
        track=track,
        tracks=tracks,
        disc=disc,
        discs=discs,
        year=released.year if released else _year(said.get("date")),
        released=released,
        comment=paragraph(first.get("comment")),
        description=paragraph(first.get("description")),
        language=said.get("language"),
        publisher=said.get("publisher"),
        series=said.get("series"),
        series_part=said.get("series_part"),
        asin=said.get("asin"),
        isbn=said.get("isbn"),
    )


def _names(values: Sequence[str]) -> tuple[str, ...]:
    return distinct(name for value in values for name in BETWEEN.split(value))


def _numbers(number: str | None, total: str | None) -> tuple[int | None, int | None]:
    """A number and of how many; 0 says that there is none."""
    found, whole = NUMBER.match(number or ""), NUMBER.match(total or "")
    first, second = (int(part or 0) for part in (found.groups() if found else (None, None)))
    return first or None, second or (int(whole[1]) if whole else 0) or None


def _year(text: str | None) -> int | None:
    found = YEAR.search(text or "")
    return int(found[0]) if found else None
