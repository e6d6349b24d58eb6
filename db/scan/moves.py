"""Files that are known again under another path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from db.scan import tables
from db.scan.files import Files

# Missing files of other watched folders may have come here; those of unreachable folders are not marked missing.
_ELSEWHERE = """
    INSERT INTO scan_gone
    SELECT f.id, f.file_path, f.file_size, f.file_mtime_ns, {signature},
           CASE WHEN f.{hashed} = f.revision THEN f.oshash END, false
    FROM {table} f
    WHERE f.library_root_id <> :root_id AND f.missing_since IS NOT NULL AND {condition}
      AND f.file_size IN (SELECT size FROM scan_delta WHERE change = 'new')
"""
_CANDIDATES = text(
    """
    INSERT INTO scan_candidates
    SELECT n, path, size FROM scan_delta
    WHERE change = 'new' AND size IN (SELECT size FROM scan_gone WHERE oshash IS NOT NULL)
    """
)
_READ = text("SELECT n, path, size FROM scan_candidates WHERE n > :after ORDER BY n LIMIT :size")

_NAME = "substring({path} from '[^/]*$')"
# Equal copies are paired by name first, then in the order of their paths.
_PAIR = """
    INSERT INTO scan_moved
    WITH found AS (
        SELECT d.n, {key}, row_number() OVER (PARTITION BY {key} ORDER BY d.path COLLATE "C") AS nth
        FROM (SELECT n, path, size, {name} AS name, oshash FROM scan_delta JOIN scan_hashed USING (n)) d
        WHERE NOT EXISTS (SELECT FROM scan_moved m WHERE m.n = d.n)
    ), lost AS (
        SELECT g.id, {key}, row_number() OVER (PARTITION BY {key} ORDER BY g.path COLLATE "C", g.id) AS nth
        FROM (SELECT id, path, size, {name} AS name, oshash FROM scan_gone WHERE oshash IS NOT NULL) g
        WHERE NOT EXISTS (SELECT FROM scan_moved m WHERE m.id = g.id)
    )
    SELECT found.n, lost.id FROM found JOIN lost USING ({key}, nth)
"""
# Without a hash a file is known again by size, time and name, where that is beyond doubt.
_PAIR_UNHASHED = """
    INSERT INTO scan_moved
    WITH found AS (
        SELECT d.n, {key}, count(*) OVER (PARTITION BY {key}) AS alike
        FROM (SELECT n, path, size, mtime_ns, {name} AS name FROM scan_delta WHERE change = 'new') d
        WHERE NOT EXISTS (SELECT FROM scan_moved m WHERE m.n = d.n)
    ), lost AS (
        SELECT g.id, {key}, unhashed, count(*) OVER (PARTITION BY {key}) AS alike
        FROM (SELECT id, path, size, mtime_ns, {name} AS name, oshash IS NULL AS unhashed FROM scan_gone) g
        WHERE NOT EXISTS (SELECT FROM scan_moved m WHERE m.id = g.id)
    )
    SELECT found.n, lost.id FROM found JOIN lost USING ({key})
    WHERE found.alike = 1 AND lost.alike = 1 AND unhashed
"""
_name = _NAME.format(path="path")
_PAIRS = (
    text(_PAIR.format(key="size, oshash, name", name=_name)),
    text(_PAIR.format(key="size, oshash", name=_name)),
    text(_PAIR_UNHASHED.format(key="size, mtime_ns, name", name=_name)),
)
_MARK = text(
    """
    UPDATE scan_delta d SET change = 'moved', file_id = g.id, old_path = g.path, old_sidecars = g.sidecars
    FROM scan_moved m JOIN scan_gone g ON g.id = m.id WHERE d.n = m.n
    """
)
_FOUND_AGAIN = text("DELETE FROM scan_gone g USING scan_moved m WHERE g.id = m.id")

_ANY_GONE = text("SELECT EXISTS (SELECT FROM scan_gone)")


def gather(conn: Connection, files: Files, facts: Mapping[str, Any]) -> bool:
    """Note which new files might be moved ones and need their hash for that; False when nothing could have moved."""
    conn.execute(files.about(_ELSEWHERE), facts)
    if not conn.scalar(_ANY_GONE):
        return False
    conn.execute(_CANDIDATES)
    return True


def to_hash(conn: Connection, after: int, size: int) -> list[tuple[int, str, int]]:
    """The next files to hash behind number `after`: number, path as `db.paths` spells it, size in bytes."""
    return [(row.n, row.path, row.size) for row in conn.execute(_READ, {"after": after, "size": size})]


def add_hashes(conn: Connection, hashes: Iterable[tuple[int, str]]) -> None:
    """Note the oshash of files, by number."""
    tables.copy(conn, "scan_hashed", ("n", "oshash"), hashes)


def pair(conn: Connection, files: Files, facts: Mapping[str, Any]) -> None:
    """Pair new files with lost ones; the pairs become differences of the kind `moved`, and are gone no longer."""
    for statement in (*_PAIRS, _MARK, _FOUND_AGAIN):
        conn.execute(statement)
    for statement in files.follow:
        conn.execute(statement, facts)
