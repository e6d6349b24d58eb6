"""What the machine that serves the page has said of itself, for those that join it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

_READ = text("SELECT version, CAST(cache_id AS text) FROM installation")
_WRITE = text(
    """
    INSERT INTO installation (version, cache_id) VALUES (:version, CAST(:cache_id AS uuid))
    ON CONFLICT (id) DO UPDATE
    SET version = excluded.version, cache_id = excluded.cache_id, started_at = now()
    """
)
# A few files that were there at the last scan, of each kind, the latest first.
_KNOWN = text(
    """
    SELECT library_root_id, file_path FROM (
        (SELECT library_root_id, file_path FROM videos WHERE library_root_id = :root AND missing_since IS NULL
         ORDER BY id DESC LIMIT :most)
        UNION ALL
        (SELECT library_root_id, file_path FROM images WHERE library_root_id = :root AND missing_since IS NULL
         AND archive_id IS NULL ORDER BY id DESC LIMIT :most)
        UNION ALL
        (SELECT library_root_id, file_path FROM audio_tracks WHERE library_root_id = :root AND missing_since IS NULL
         ORDER BY id DESC LIMIT :most)
    ) AS known
    """
)


@dataclass(frozen=True)
class Installation:
    """Which Darkroom runs, and which folder of generated files it serves: its marker's id."""

    version: str
    cache_id: str


def read(conn: Connection) -> Installation | None:
    """What was said last; None where `darkroom up` was never run on this database."""
    row = conn.execute(_READ).one_or_none()
    return Installation(*row) if row else None


def write(conn: Connection, said: Installation) -> None:
    """Say it."""
    conn.execute(_WRITE, {"version": said.version, "cache_id": said.cache_id})


def known_files(conn: Connection, root: int, most: int = 5) -> list[str]:
    """Some files that a watched folder is known to have, at most so many of each kind, spelled as in `db.paths`."""
    return [row.file_path for row in conn.execute(_KNOWN, {"root": root, "most": most})]
