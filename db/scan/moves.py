"""Files that are known again under another path, and series whose folder was renamed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from db.scan import tables

# Missing files of other watched folders may have come here; those of unreachable folders are not marked missing.
_ELSEWHERE = text(
    """
    INSERT INTO scan_gone
    SELECT v.id, v.file_path, v.file_size, v.file_mtime_ns, v.sidecar_signature,
           CASE WHEN v.fingerprint_revision = v.revision THEN v.oshash END, false
    FROM videos v
    WHERE v.library_root_id <> :root_id AND v.missing_since IS NOT NULL
      AND v.file_size IN (SELECT size FROM scan_delta WHERE change = 'new')
    """
)
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
    UPDATE scan_delta d SET change = 'moved', video_id = g.id, old_path = g.path, old_sidecars = g.sidecars
    FROM scan_moved m JOIN scan_gone g ON g.id = m.id WHERE d.n = m.n
    """
)
_FOUND_AGAIN = text("DELETE FROM scan_gone g USING scan_moved m WHERE g.id = m.id")

# The series goes with most of its files, when nothing is left in its folder and the new one is no series yet.
_RENAME_SERIES = text(
    r"""
    WITH votes AS (
        SELECT s.series_id, :root_path || '/' || split_part(substr(d.path, length(:root_path) + 2), '/', 1) AS folder,
               count(*) AS files
        FROM scan_delta d JOIN video_episodes e USING (video_id) JOIN video_seasons s ON s.id = e.season_id
        WHERE d.change = 'moved' AND strpos(substr(d.path, length(:root_path) + 2), '/') > 0
        GROUP BY 1, 2
    ), by_series AS (
        SELECT DISTINCT ON (series_id) * FROM votes ORDER BY series_id, files DESC, folder COLLATE "C"
    ), by_folder AS (
        SELECT DISTINCT ON (folder) * FROM by_series ORDER BY folder, files DESC, series_id
    ), alive AS (
        SELECT DISTINCT :root_path || '/' || split_part(substr(path, length(:root_path) + 2), '/', 1) AS folder
        FROM (SELECT path FROM scan_seen UNION ALL SELECT path FROM scan_unreadable) looked_at
    )
    UPDATE video_series s
    SET folder_path = b.folder,
        title = CASE WHEN s.title = substring(s.folder_path from '[^/]*$')
                     THEN regexp_replace(substring(b.folder from '[^/]*$'), '[\U0010FF80-\U0010FFFF]', U&'\FFFD', 'g')
                     ELSE s.title END
    FROM by_folder b
    WHERE s.id = b.series_id AND s.library_root_id = :root_id
      AND NOT EXISTS (SELECT FROM alive WHERE alive.folder = s.folder_path)
      AND NOT EXISTS (SELECT FROM video_series other WHERE other.folder_path = b.folder)
    """
)
# Made by scans, left empty by moves. What a person gave a name or a rating stays.
_TIDY = (
    text("DELETE FROM video_seasons s WHERE NOT EXISTS (SELECT FROM video_episodes e WHERE e.season_id = s.id)"),
    text(
        """
        DELETE FROM video_series s
        WHERE custom_name IS NULL AND rating IS NULL AND NOT organized
          AND NOT EXISTS (SELECT FROM video_seasons WHERE series_id = s.id)
        """
    ),
)
_ANY_GONE = text("SELECT EXISTS (SELECT FROM scan_gone)")


def gather(conn: Connection, root_id: int) -> bool:
    """Note which new files might be moved ones and need their hash for that; False when nothing could have moved."""
    conn.execute(_ELSEWHERE, {"root_id": root_id})
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


def pair(conn: Connection, root_id: int, root_path: str) -> None:
    """Pair new files with lost ones; the pairs become differences of the kind `moved`, and are gone no longer."""
    for statement in _PAIRS:
        conn.execute(statement)
    conn.execute(_MARK)
    conn.execute(_FOUND_AGAIN)
    conn.execute(_RENAME_SERIES, {"root_id": root_id, "root_path": root_path})


def tidy(conn: Connection) -> None:
    """Remove the seasons and series that moves have left empty."""
    for statement in _TIDY:
        conn.execute(statement)
