"""The shelves of the cache: which files in them a row names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, TextClause, text

from db import paths
from db.generated.videos import FILES

_SUBTITLES = """
    SELECT video_id, unnest(ARRAY[storage_path, original_path]) FROM video_subtitles WHERE video_id = ANY(:ids)
"""


def _owned(table: str, *columns: str, more: str | None = None) -> TextClause:
    rows = f"SELECT id, unnest(ARRAY[{', '.join(columns)}]) AS path FROM {table} WHERE id = ANY(:ids)"  # noqa: S608
    return text(f"SELECT * FROM ({rows} {f'UNION ALL {more}' if more else ''}) AS named WHERE path IS NOT NULL")  # noqa: S608


#: The folders of the cache that hold a folder for each row of a table, and the files in those that a row names.
SHELVES: dict[str, TextClause] = {
    "videos": _owned("videos", *FILES, "custom_thumbnail_path", more=_SUBTITLES),
    "images": _owned("images", "thumbnail_path", "preview_path"),
    "audio-tracks": _owned("audio_tracks", "waveform_path", "cover_path"),
    "audio-libraries": _owned("audio_libraries", "cover_path"),
}


def owned(conn: Connection, shelf: str, ids: Sequence[int]) -> set[str]:
    """The files on this shelf of the cache that the rows with these ids name, as the file system spells them."""
    return {paths.to_native(row.path) for row in conn.execute(SHELVES[shelf], {"ids": list(ids)})}
