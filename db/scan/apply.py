"""Writing what a scan found: a batch of files in a handful of statements, however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from db.scan import tables
from db.scan.difference import Change
from db.scan.files import Files


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file as it is to be written. Paths are spelled as in `db.paths`."""

    n: int
    change: Change
    file_id: int | None
    path: str
    size: int
    mtime_ns: int
    #: The queue whose result is to be made again, although the file itself is as it was.
    again: str | None = None
    #: Names and the lists that they belong to: `tags`, `performers`.
    words: Sequence[tuple[str, str]] = ()


def apply(conn: Connection, files: Files, facts: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Write a batch of files of one watched folder."""
    columns = (*tables.COMMON, *files.columns)
    tables.copy(conn, "scan_batch", columns, map(attrgetter(*columns), rows))
    for statement in files.write:
        conn.execute(statement, facts)
    if words := [(row.n, *word) for row in rows for word in row.words]:
        tables.copy(conn, "scan_words", ("n", "list", "name"), words)
        for statement in files.words:
            conn.execute(statement)
