"""The difference between what a walk saw and what the ledger knows, as sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from db.scan import tables
from db.scan.files import Files

#: `returned`: it was missing. `sidecars`: only the files beside it changed.
Change = Literal["new", "changed", "moved", "returned", "sidecars"]


@dataclass(frozen=True)
class Difference:
    """One file that is not as the ledger knows it. Paths are spelled as in `db.paths`; a new file has no `old_path`."""

    n: int
    change: Change
    path: str
    size: int
    mtime_ns: int
    sidecars: str
    nfo: str | None
    info: str | None
    file_id: int | None
    old_path: str | None
    old_sidecars: str | None


_SEEN = ("kind", "path", "size", "mtime_ns", "sidecars", "nfo", "info", "accepted")

_DELTA = """
    INSERT INTO scan_delta
    SELECT row_number() OVER (ORDER BY s.path COLLATE "C"),
           CASE WHEN f.id IS NULL THEN 'new'
                WHEN f.file_size <> s.size OR f.file_mtime_ns <> s.mtime_ns THEN 'changed'
                WHEN f.missing_since IS NOT NULL THEN 'returned'
                ELSE 'sidecars' END,
           s.path, s.size, s.mtime_ns, s.sidecars, s.nfo, s.info, f.id, f.file_path, {signature}
    FROM scan_seen s LEFT JOIN {table} f ON f.file_path = s.path AND f.library_root_id = :root_id
    WHERE s.kind = :kind AND s.accepted AND (
        f.id IS NULL OR f.file_size <> s.size OR f.file_mtime_ns <> s.mtime_ns
        OR f.missing_since IS NOT NULL OR {signature} <> s.sidecars)
"""
# What a walk could not look at is not gone; nor is what lies below a folder that is no longer entered.
# The hash of an earlier content says nothing of the file that was last seen at that path.
_GONE = """
    INSERT INTO scan_gone
    SELECT f.id, f.file_path, f.file_size, f.file_mtime_ns, {signature},
           CASE WHEN f.{hashed} = f.revision THEN f.oshash END, f.missing_since IS NULL
    FROM {table} f
    WHERE f.library_root_id = :root_id AND {condition}
      AND NOT EXISTS (SELECT FROM scan_seen s WHERE s.kind = :kind AND s.path = f.file_path)
      AND NOT EXISTS (SELECT FROM scan_unreadable u
                      WHERE f.file_path = u.path OR starts_with(f.file_path, u.path || '/'))
      AND (:recursive OR strpos(substr(f.file_path, length(:root_path) + 2), '/') = 0)
"""
_COUNTS = text("SELECT change, count(*) AS files FROM scan_delta GROUP BY change")
_READ = text("SELECT * FROM scan_delta WHERE n > :after ORDER BY n LIMIT :size")
_MARK_MISSING = """
    WITH part AS (SELECT id FROM scan_gone WHERE fresh AND id > :after ORDER BY id LIMIT :size),
    marked AS (
        UPDATE {table} f SET missing_since = now(), updated_at = now() FROM part
        WHERE f.id = part.id AND f.missing_since IS NULL
    )
    SELECT count(*), max(id) FROM part
"""


def add_seen(conn: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Note files that the walk saw: kind, path, size, mtime_ns, sidecars, nfo, info, whether the library takes them."""
    tables.copy(conn, "scan_seen", _SEEN, rows)


def add_folders(conn: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Note folders that hold files: the kind of the files, its path, and the path of the folder around it."""
    tables.copy(conn, "scan_folders", ("kind", "path", "parent"), rows)


def walked(conn: Connection, unreadable: Iterable[str]) -> None:
    """All was noted that could be seen; these folders and files could not be looked at."""
    tables.copy(conn, "scan_unreadable", ("path",), ((path,) for path in unreadable))
    conn.exec_driver_sql("ANALYZE scan_seen; ANALYZE scan_folders; ANALYZE scan_unreadable")


def compare(conn: Connection, files: Files, facts: Mapping[str, Any], *, recursive: bool) -> None:
    """Work out which of these files differ, and which are gone, from all that was noted."""
    tables.begin(conn, files.columns)
    for template in (_DELTA, _GONE):
        conn.execute(files.about(template), {**facts, "recursive": recursive})
    conn.exec_driver_sql("ANALYZE scan_delta; ANALYZE scan_gone")


def counts(conn: Connection) -> dict[str, int]:
    """How many files differ, by how."""
    return {row.change: row.files for row in conn.execute(_COUNTS)}


def read(conn: Connection, after: int, size: int) -> list[Difference]:
    """The next differences behind number `after`, by path."""
    return [Difference(**row) for row in conn.execute(_READ, {"after": after, "size": size}).mappings()]


def mark_missing(
    conn: Connection, files: Files, facts: Mapping[str, Any], after: int, size: int
) -> tuple[int, int | None]:
    """Mark the next files that are gone as missing; how many, and the id to go on after (None: that was all)."""
    count, last = conn.execute(files.about(_MARK_MISSING), {"after": after, "size": size}).one()
    if count:
        for statement in files.lost:
            conn.execute(statement, facts)
    return count, last
