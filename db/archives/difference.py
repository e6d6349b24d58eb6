"""The difference between the pages of an archive that are known and those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class Page:
    """A member of an archive as its list has it; `name` is spelled as in `db.paths`, `size` is in bytes."""

    name: str
    size: int
    checksum: str


@dataclass(frozen=True)
class Known:
    """A member as the database has it."""

    id: int
    name: str
    size: int
    checksum: str | None
    missing: bool


@dataclass
class Difference:
    """What became of the pages."""

    new: list[Page] = field(default_factory=list)
    #: Known members that are there again, under another name, or with another content.
    changed: list[tuple[Known, Page]] = field(default_factory=list)
    gone: list[Known] = field(default_factory=list)


class _Content(Protocol):
    @property
    def size(self) -> int: ...
    @property
    def checksum(self) -> str | None: ...


T = TypeVar("T", bound=_Content)


def compare(known: Sequence[Known], pages: Sequence[Page]) -> Difference:
    """Find out what became of each page.

    A name keeps its row, as a path on a disk does. A row that lost its name goes with its content to a new name, where
    no other has that content: a book whose pages were named anew keeps what was said of them.
    """
    rows = {row.name: row for row in known}
    names = {page.name for page in pages}
    lost = _by_content(row for row in known if row.name not in names)
    unknown = _by_content(page for page in pages if page.name not in rows)
    moved = {page.name: lost[content] for content, page in unknown.items() if content in lost}
    kept = names | {row.name for row in moved.values()}
    found = Difference(gone=[row for row in known if row.name not in kept and not row.missing])
    for page in pages:
        row = rows.get(page.name) or moved.get(page.name)
        if row is None:
            found.new.append(page)
        elif row.missing or row.name != page.name or is_other(row, page):
            found.changed.append((row, page))
    return found


def is_other(row: Known, page: Page) -> bool:
    """Whether the page has another content than the row was made for."""
    return (row.size, row.checksum) != (page.size, page.checksum)


def _by_content(items: Iterable[T]) -> dict[tuple[int, str | None], T]:
    """Those whose content no other has, by it."""
    alike: dict[tuple[int, str | None], list[T]] = {}
    for item in items:
        alike.setdefault((item.size, item.checksum), []).append(item)
    return {content: same[0] for content, same in alike.items() if len(same) == 1}
