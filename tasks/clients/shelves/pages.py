"""Reading a library page after page, and noticing that it has changed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.clients.shelves.types import IncompleteListingError, ShelfItem
from tasks.errors import PermanentError

#: Items asked for at a time, and the most that a library may have.
PAGE, MOST_ITEMS = 500, 1_000_000
#: The largest time that is one, in seconds: the year 3000.
LATEST = 32_503_680_000

_ASIN = re.compile(r"[A-Z0-9]{10}")
_ISBN = re.compile(r"[0-9]{9}[0-9X]|[0-9]{13}")


@dataclass(frozen=True)
class Page:
    """Books, how many entries of whatever kind there were to read, and how many there are on all pages."""

    items: Sequence[ShelfItem]
    entries: int
    total: int


def listed(get: Callable[[int], Page], since: datetime | None, newest: int | None) -> Iterator[ShelfItem]:
    """Everything; or, of pages that have the newest first, those added since then and `newest` of them at least.

    `get` reads the page that begins behind so many entries. Raises as `ShelfServer.items` does.
    """
    everything = since is None and newest is None
    for place, item in enumerate(_turned(get)):
        recent = since is not None and item.added_at is not None and item.added_at >= since
        if not everything and place >= (newest or 0) and not recent:
            return
        yield item
        if since is None and newest is not None and place + 1 >= newest:
            return


def _turned(get: Callable[[int], Page]) -> Iterator[ShelfItem]:
    read, totals, seen = 0, set[int](), set[str]()
    while True:
        page = get(read)
        read += page.entries
        totals.add(page.total)
        new = {item.guid: item for item in page.items if item.guid not in seen}
        seen.update(new)
        yield from new.values()
        if page.entries == 0 or read >= page.total:
            break
        if read > MOST_ITEMS:
            raise PermanentError(f"There are more than {MOST_ITEMS:,} items in this library.")
    if len(totals) > 1 or read < max(totals):
        raise IncompleteListingError("The library has changed while it was read.")


def asin(value: object) -> str | None:
    """An ASIN, in capitals."""
    found = value.strip().upper() if isinstance(value, str) else ""
    return found if _ASIN.fullmatch(found) else None


def isbn(value: object) -> str | None:
    """An ISBN without hyphens and spaces."""
    found = re.sub(r"[\s-]", "", value).upper() if isinstance(value, str) and len(value) < 40 else ""
    return found if _ISBN.fullmatch(found) else None


def moment(seconds: object) -> datetime | None:
    """A time in seconds since 1970."""
    value = number(seconds)
    return datetime.fromtimestamp(value, UTC) if value and value < LATEST else None


def number(value: object) -> float | None:
    """A number from 0 on; `true` is none, nor is infinity."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", value):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < 1e15 else None
