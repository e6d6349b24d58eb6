"""The difference between what a walk saw and what the ledger knows, as sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from db.scan import tables

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
    video_id: int | None
    old_path: str | None
    old_sidecars: str | None


_SEEN = ("path", "size", "mtime_ns", "sidecars", "nfo", "info", "accepted")

_DELTA = text(
    """
    INSERT INTO scan_delta
    SELECT row_number() OVER (ORDER BY s.path COLLATE "C"),
           CASE WHEN v.id IS NULL THEN 'new'
                WHEN v.file_size <> s.size OR v.file_mtime_ns <> s.mtime_ns THEN 'changed'
                WHEN v.missing_since IS NOT NULL THEN 'returned'
                ELSE 'sidecars' END,
           s.path, s.size, s.mtime_ns, s.sidecars, s.nfo, s.info, v.id, v.file_path, v.sidecar_signature
    FROM scan_seen s LEFT JOIN videos v ON v.file_path = s.path AND v.library_root_id = :root_id
    WHERE s.accepted AND (
        v.id IS NULL OR v.file_size <> s.size OR v.file_mtime_ns <> s.mtime_ns
        OR v.missing_since IS NOT NULL OR v.sidecar_signature <> s.sidecars)
    """
)
# What a walk could not look at is not gone; nor is what lies below a folder that is no longer entered.
# The hash of an earlier content says nothing of the file that was last seen at that path.
_GONE = text(
    """
    INSERT INTO scan_gone
    SELECT v.id, v.file_path, v.file_size, v.file_mtime_ns, v.sidecar_signature,
           CASE WHEN v.fingerprint_revision = v.revision THEN v.oshash END, v.missing_since IS NULL
    FROM videos v
    WHERE v.library_root_id = :root_id
      AND NOT EXISTS (SELECT FROM scan_seen s WHERE s.path = v.file_path)
      AND NOT EXISTS (SELECT FROM scan_unreadable u
                      WHERE v.file_path = u.path OR starts_with(v.file_path, u.path || '/'))
      AND (:recursive OR strpos(substr(v.file_path, length(:root_path) + 2), '/') = 0)
    """
)
_COUNTS = text("SELECT change, count(*) AS files FROM scan_delta GROUP BY change")
_READ = text("SELECT * FROM scan_delta WHERE n > :after ORDER BY n LIMIT :size")
_MARK_MISSING = text(
    """
    WITH part AS (SELECT id FROM scan_gone WHERE fresh AND id > :after ORDER BY id LIMIT :size),
    marked AS (
        UPDATE videos v SET missing_since = now(), updated_at = now() FROM part
        WHERE v.id = part.id AND v.missing_since IS NULL
    )
    SELECT count(*), max(id) FROM part
    """
)


def add_seen(conn: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Note files that the walk saw: path, size, mtime_ns, sidecars, nfo, info, and whether the library takes them."""
    tables.copy(conn, "scan_seen", _SEEN, rows)


def add_unreadable(conn: Connection, paths: Iterable[str]) -> None:
    """Note folders and files that could not be looked at."""
    tables.copy(conn, "scan_unreadable", ("path",), ((path,) for path in paths))


def compare(conn: Connection, root_id: int, root_path: str, *, recursive: bool) -> None:
    """Work out what differs, and what is gone, from all that was noted."""
    conn.exec_driver_sql("ANALYZE scan_seen")
    conn.execute(_DELTA, {"root_id": root_id})
    conn.execute(_GONE, {"root_id": root_id, "root_path": root_path, "recursive": recursive})
    conn.exec_driver_sql("ANALYZE scan_delta; ANALYZE scan_gone")


def counts(conn: Connection) -> dict[str, int]:
    """How many files differ, by how."""
    return {row.change: row.files for row in conn.execute(_COUNTS)}


def read(conn: Connection, after: int, size: int) -> list[Difference]:
    """The next differences behind number `after`, by path."""
    return [Difference(**row) for row in conn.execute(_READ, {"after": after, "size": size}).mappings()]


def mark_missing(conn: Connection, after: int, size: int) -> tuple[int, int | None]:
    """Mark the next files that are gone as missing; how many, and the id to go on after (None: that was all)."""
    count, last = conn.execute(_MARK_MISSING, {"after": after, "size": size}).one()
    return count, last
