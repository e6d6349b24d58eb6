"""The books that are asked for: known by their ASIN, their ISBN, or their title and author."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from db.requests.errors import RequestError

_ASIN = re.compile("[A-Z0-9]{10}")
_ISBN = re.compile("[0-9]{9}[0-9X]|[0-9]{13}")


@dataclass(frozen=True, kw_only=True)
class NewBook:
    """What somebody says of a book."""

    title: str
    author: str
    asin: str | None = None
    isbn: str | None = None
    narrator: str | None = None
    series: str | None = None
    series_part: str | None = None
    description: str | None = None
    cover_url: str | None = None
    language: str | None = None
    release_date: date | None = None
    runtime_minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Book(NewBook):
    """A book that was asked for."""

    id: int
    #: Where its files were put.
    folder: str | None = None


_NAMES = tuple(NewBook.__dataclass_fields__)
COLUMNS = ", ".join(f"b.{name}" for name in ("id", *_NAMES, "folder"))

# Two people who ask for the same new book at once shall find one.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('darkroom book ' || lower(:title), 0))")
_FIND = text(
    f"""
    SELECT {COLUMNS} FROM audiobooks b
    WHERE b.asin = :asin
       OR b.isbn = :isbn AND (b.asin IS NULL OR CAST(:asin AS text) IS NULL)
       OR lower(b.title) = lower(:title) AND lower(b.author) = lower(:author)
          AND (b.asin IS NULL OR CAST(:asin AS text) IS NULL) AND (b.isbn IS NULL OR CAST(:isbn AS text) IS NULL)
          AND coalesce(b.series_part, '') = coalesce(:series_part, b.series_part, '')
    ORDER BY b.asin = :asin DESC NULLS LAST, b.isbn = :isbn DESC NULLS LAST, b.id LIMIT 1
    """  # noqa: S608  (constants)
)
_ADD = text(
    f"""
    INSERT INTO audiobooks AS b ({", ".join(_NAMES)}) VALUES ({", ".join(f":{name}" for name in _NAMES)})
    RETURNING {COLUMNS}
    """  # noqa: S608
)
# What is known stays, and what is said now fills what was not; but a date of publication may be put off.
_FILLED = {name: f"coalesce(b.{name}, :{name})" for name in _NAMES} | {
    "release_date": "coalesce(:release_date, b.release_date)"
}
_FILL = text(
    f"""
    UPDATE audiobooks b SET updated_at = now(), {", ".join(f"{name} = {value}" for name, value in _FILLED.items())}
    WHERE b.id = :id RETURNING {COLUMNS}
    """  # noqa: S608
)


def find_or_add(conn: Connection, said: NewBook) -> Book:
    """The book that this is, with what is said of it filled in where nothing was known.

    Raises:
        RequestError: a title, author, ASIN or ISBN is none.
    """
    values = _checked(said)
    conn.execute(_LOCK, values)
    known = conn.execute(_FIND, values).mappings().one_or_none()
    statement = _ADD if known is None else _FILL
    return book(conn.execute(statement, values | ({} if known is None else {"id": known["id"]})).mappings().one())


def book(row: Any) -> Book:
    """A book from a row that has `COLUMNS`."""
    return Book(**{name: row[name] for name in Book.__dataclass_fields__})


def to_asin(said: str) -> str:
    """Audible's number, in capitals.

    Raises:
        RequestError: this is none.
    """
    if not _ASIN.fullmatch(found := said.strip().upper()):
        raise RequestError(f"{said} is no ASIN: that is ten letters and digits, such as B002V1OF70.")
    return found


def to_isbn(said: str) -> str:
    """The number of a book, without hyphens.

    Raises:
        RequestError: this is none.
    """
    if not _ISBN.fullmatch(found := re.sub(r"[\s-]", "", said).upper()):
        raise RequestError(f"{said} is no ISBN: that is ten or thirteen digits.")
    return found


def _checked(said: NewBook) -> dict[str, Any]:
    values = {name: value.strip() or None if isinstance(value, str) else value for name, value in asdict(said).items()}
    if not values["title"] or not values["author"]:
        raise RequestError("Say the title and the author of the book.")
    values["asin"] = values["asin"] and to_asin(values["asin"])
    values["isbn"] = values["isbn"] and to_isbn(values["isbn"])
    return values
