"""The shelves of the cache: which files in them a row names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, TextClause, text

from db import paths
from db.generated.videos import FILES

#: The folders of the cache that hold a folder for each row of a table, and which columns name files in those: table,
#: column that says whose they are, columns. A file that none of these names is nobody's.
NAMED: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "videos": (
        ("videos", "id", (*FILES, "custom_thumbnail_path")),
        ("video_subtitles", "video_id", ("storage_path", "original_path")),
    ),
    "images": (("images", "id", ("thumbnail_path", "preview_path")),),
    "audio-tracks": (("audio_tracks", "id", ("waveform_path", "cover_path")),),
    "audio-libraries": (("audio_libraries", "id", ("cover_path",)),),
}
#: What the jobs that write there call their targets.
_TARGETS = {"videos": "video", "images": "image", "audio-tracks": "track"}
_BUSY = text(
    "SELECT target_id FROM job_runs WHERE lease_owner IS NOT NULL AND status = 'running' AND target_type = :type"
)


def _owned(shelf: str) -> TextClause:
    named = " UNION ALL ".join(
        f"SELECT unnest(ARRAY[{', '.join(columns)}]) AS path FROM {table} WHERE {owner} = ANY(:ids)"  # noqa: S608
        for table, owner, columns in NAMED[shelf]
    )
    return text(f"SELECT path FROM ({named}) AS named WHERE path IS NOT NULL")  # noqa: S608  (constants)


_OWNED = {shelf: _owned(shelf) for shelf in NAMED}


def owned(conn: Connection, shelf: str, ids: Sequence[int]) -> set[str]:
    """The files on this shelf of the cache that the rows with these ids name, as the file system spells them."""
    return {paths.to_native(path) for path in conn.scalars(_OWNED[shelf], {"ids": list(ids)})}


def busy(conn: Connection, shelf: str) -> set[int]:
    """The ids of those whose files a job may be writing on this shelf now."""
    return {int(number) for number in conn.scalars(_BUSY, {"type": _TARGETS.get(shelf)})}
