"""Long lists, page by page: each page begins where another ended, so it costs the same however far down it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, text

#: The most rows that are counted, and how many are on a page.
MOST, SIZE = 100_000, 48
#: The most that are counted of those that have some words: each has to be read for that.
FEW = 1_000


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by an expression on its rows, then by their ids."""

    key: str
    descending: bool = False


@dataclass(frozen=True)
class Listing:
    """A list: its rows are called `t` in all that is said of them.

    `page` finds the ids of a page and `columns` are read of these only, from `source`.
    """

    columns: str
    table: str
    #: What the columns need besides, as joins.
    joins: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which rows, in which order, and where the page begins: behind the row `after`, or before the row `before`.

    Where neither is said it begins at the value `at` of the order, or `offset` rows down, which costs as much as
    reading these rows: ask for few.
    """

    conditions: Sequence[str]
    values: Mapping[str, Any] = field(default_factory=dict)
    order: Order = Order("t.id", descending=True)
    after: int | None = None
    before: int | None = None
    offset: int = 0
    at: str | None = None


@dataclass(frozen=True)
class Total:
    """How many rows there are on all pages, or that there are more than so many."""

    count: int
    more: bool = False


@dataclass(frozen=True)
class Page:
    """The rows of a page, and whether there are others on either side of it."""

    rows: Sequence[RowMapping]
    has_before: bool
    has_after: bool


def page(conn: Connection, listing: Listing, wanted: Wanted) -> Page:
    """One page. Where the row that it was to begin at is gone, the first one."""
    place = wanted.before if wanted.before is not None else wanted.after
    key = _key(conn, listing, wanted, place) if place is not None else None
    backwards = wanted.before is not None and key is not None
    descending = wanted.order.descending != backwards
    direction, beyond = ("DESC", "<") if descending else ("ASC", ">")
    begins = place is None and wanted.at is not None
    conditions = [
        *wanted.conditions,
        *([f"({wanted.order.key}, t.id) {beyond} (:key, :place)"] if key else []),
        *([f"{wanted.order.key} {beyond}= :at"] if begins else []),
    ]
    offset = wanted.offset if place is None else 0
    sorted_by = f"ORDER BY {wanted.order.key} {direction}, t.id {direction}"
    where = " AND ".join(conditions) or "true"
    ids = f"SELECT t.id FROM {listing.table} t WHERE {where} {sorted_by} LIMIT :limit OFFSET :offset"  # noqa: S608  (the parts are constants)
    statement = text(
        f"SELECT {listing.columns} FROM ({ids}) p JOIN {listing.table} t ON t.id = p.id {listing.joins} {sorted_by}"  # noqa: S608
    )
    values = {
        **wanted.values,
        "limit": SIZE + 1,
        "offset": offset,
        "key": key and key[0],
        "place": place,
        "at": wanted.at,
    }
    found = conn.execute(statement, values).mappings().all()
    rows, more = found[:SIZE], len(found) > SIZE
    if backwards:
        return Page(rows[::-1], has_before=more, has_after=True)
    return Page(rows, has_before=key is not None or begins or offset > 0, has_after=more)


def by_ids(conn: Connection, listing: Listing, ids: Sequence[int]) -> dict[int, RowMapping]:
    """These rows of a list, by their ids."""
    statement = f"SELECT {listing.columns} FROM {listing.table} t {listing.joins} WHERE t.id = ANY(:ids)"  # noqa: S608
    return {row["id"]: row for row in conn.execute(text(statement), {"ids": list(ids)}).mappings()}


def count(conn: Connection, listing: Listing, wanted: Wanted, most: int = MOST) -> Total:
    """How many rows there are on all pages."""
    conditions = " AND ".join(wanted.conditions) or "true"
    statement = f"SELECT count(*) FROM (SELECT FROM {listing.table} t WHERE {conditions} LIMIT :most) counted"  # noqa: S608
    found = conn.scalar(text(statement), {**wanted.values, "most": most + 1}) or 0
    return Total(min(found, most), found > most)


def _key(conn: Connection, listing: Listing, wanted: Wanted, place: int) -> tuple[Any] | None:
    """By what the row is sorted at which the page begins; None where it is gone."""
    found = conn.execute(text(f"SELECT {wanted.order.key} FROM {listing.table} t WHERE t.id = :id"), {"id": place})  # noqa: S608
    row = found.one_or_none()
    return (row[0],) if row else None


def contains(part: str) -> str:
    """A pattern for ILIKE that finds this text anywhere, whatever is in it."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
