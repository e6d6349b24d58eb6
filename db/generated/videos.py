"""The generated files of videos, which may lie in the cache or beside the video, as the settings want.

A path is relative to the cache folder, or absolute where the file lies beside its video; spelled as in `db.paths`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from darkroom.settings import settings
from db import paths

#: The columns of `videos` that name files which may lie beside the video, and what these are called in the cache.
FILES = {
    "thumbnail_path": "thumbnail.jpg",
    "card_thumbnail_path": "card.jpg",
    "preview_path": "preview.mp4",
    "sprite_path": "sprite.jpg",
    "trickplay_vtt_path": "trickplay.vtt",
}
_COLUMNS = ", ".join(FILES)


@dataclass(frozen=True)
class Generated:
    """A video, and the generated files that its row names, by column."""

    id: int
    file_path: str
    missing: bool
    files: Mapping[str, str]


_VIDEO = f"SELECT id, file_path, missing_since IS NOT NULL AS missing, {_COLUMNS} FROM videos"  # noqa: S608  (constants)
_ANY_FILE = f"coalesce({_COLUMNS}) IS NOT NULL"
_ANY_BESIDE = " OR ".join(f"starts_with({column}, '/')" for column in FILES)
_WHICH = {True: _ANY_BESIDE, False: f"missing_since IS NULL AND {_ANY_FILE}"}
_PAGE = {
    dedicated: text(f"{_VIDEO} WHERE id > :after AND ({which}) ORDER BY id LIMIT :limit")
    for dedicated, which in _WHICH.items()
}
_COUNT = {dedicated: text(f"SELECT count(*) FROM videos WHERE {which}") for dedicated, which in _WHICH.items()}  # noqa: S608
_HOLD = text(f"{_VIDEO} WHERE id = :id FOR NO KEY UPDATE")
#: How long moving the files of one video may take, from one disk to another: the database hears nothing meanwhile.
_MOVES = text("SET LOCAL idle_in_transaction_session_timeout = '2min'")
_IS_BEING_MADE = text("""
    SELECT EXISTS (SELECT FROM job_runs WHERE queue_name = 'preview' AND target_type = 'video'
                   AND target_id = CAST(:id AS text) AND status = 'running')
""")
_RENAME = {column: text(f"UPDATE videos SET {column} = :path WHERE id = :id") for column in FILES}  # noqa: S608


def where(stored: str) -> Path:
    """Where the file lies that a row names so."""
    return settings().cache / paths.to_native(stored)


def page(conn: Connection, *, dedicated: bool, after: int, limit: int) -> list[Generated]:
    """Videos behind the id `after` whose files may not be where they are wanted: in the cache, or beside the video."""
    return [_generated(row) for row in conn.execute(_PAGE[dedicated], {"after": after, "limit": limit}).mappings()]


def count(conn: Connection, *, dedicated: bool) -> int:
    """How many `page` would give in all."""
    return conn.scalar(_COUNT[dedicated]) or 0


def hold(conn: Connection, video_id: int) -> Generated | None:
    """The video, whose files nobody else moves until the transaction ends; None where it is gone."""
    conn.execute(_MOVES)
    row = conn.execute(_HOLD, {"id": video_id}).mappings().one_or_none()
    return _generated(row) if row else None


def is_being_made(conn: Connection, video_id: int) -> bool:
    """Whether a job is making the video's preview now."""
    return bool(conn.scalar(_IS_BEING_MADE, {"id": video_id}))


def rename(conn: Connection, video_id: int, files: Mapping[str, str]) -> None:
    """Write where files lie now, by column."""
    for column, path in files.items():
        conn.execute(_RENAME[column], {"id": video_id, "path": path})


def _generated(row: Mapping[Any, Any]) -> Generated:
    files = {column: row[column] for column in FILES if row[column] is not None}
    return Generated(row["id"], row["file_path"], row["missing"], files)
