"""What galleries and audio libraries share: each lies in a watched folder, or in another of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from db.catalogue.paging import Order, Wanted, contains

_ABOVE = """
    WITH RECURSIVE above AS (
        SELECT id, title, parent_id, 0 AS n FROM {table} WHERE id = :id
        UNION ALL SELECT t.id, t.title, t.parent_id, n + 1 FROM {table} t JOIN above ON t.id = above.parent_id
    )
    SELECT id, title FROM above WHERE n > 0 ORDER BY n DESC
"""


@dataclass(frozen=True, kw_only=True)
class TreeFilter:
    """Which of them are looked for: where nothing is, those that lie in no other."""

    text: str = ""
    root: int | None = None
    #: Those that lie in this one.
    parent: int | None = None
    sort: str = "title"
    after: int | None = None
    before: int | None = None
    #: How many to pass over, and the title to begin at; both where neither `after` nor `before` is said.
    offset: int = 0
    at: str = ""

    @property
    def looks(self) -> bool:
        """Whether they are looked for wherever they lie."""
        return bool(self.text)

    def page(self, conditions: Sequence[str], values: Mapping[str, Any], order: Order) -> Wanted:
        """The page of these rows that is wanted."""
        return Wanted(conditions, values, order, self.after, self.before, self.offset, self.at or None)

    def conditions(self, holds: str) -> tuple[list[str], dict[str, Any]]:
        """As SQL on rows `t`, with its values; `holds` is whether one holds the parameter `text`."""
        conditions: list[str] = []
        values: dict[str, Any] = {}
        if self.text:
            conditions.append(holds)
            values["text"] = contains(self.text)
        if self.root is not None:
            conditions.append("t.library_root_id = :root")
            values["root"] = self.root
        if self.parent is not None:
            conditions.append("t.parent_id = :parent")
            values["parent"] = self.parent
        elif not self.looks:
            conditions.append("t.parent_id IS NULL")
        return conditions, values


def above(conn: Connection, table: str, number: int) -> Sequence[RowMapping]:
    """Those that one lies in, the outermost first."""
    return conn.execute(text(_ABOVE.format(table=table)), {"id": number}).mappings().all()
