"""Where the results of media jobs go: one statement per batch, refused row by row where the file has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, text

from db.ledger.events import dump

#: By queue, the columns of `videos` that its result fills, with their types. The queue's revision column is implied.
COLUMNS: dict[str, dict[str, str]] = {
    "media-probe": {
        "duration": "float8",
        "width": "int",
        "height": "int",
        "frame_rate": "float8",
        "bit_rate": "bigint",
        "codec": "text",
        "container": "text",
        "audio_codec": "text",
    },
    "fingerprint": {"oshash": "text", "checksum_md5": "text"},
    "preview": {
        "thumbnail_path": "text",
        "card_thumbnail_path": "text",
        "preview_path": "text",
        "sprite_path": "text",
        "trickplay_vtt_path": "text",
    },
    "extract-subtitles": {"sidecar_signature": "text"},
}

#: What else must still be as it was: subtitles are made from the files beside the video too.
ALSO = {"extract-subtitles": "AND v.sidecar_signature = r.sidecar_signature"}

#: The column that says which revision of the file a queue's result was made from.
REVISION = {
    "media-probe": "probe_revision",
    "fingerprint": "fingerprint_revision",
    "preview": "preview_revision",
    "extract-subtitles": "subtitles_revision",
}


@dataclass(frozen=True)
class VideoFile:
    """What a media job needs to know of its video. `file_path` is spelled as in `db.paths`."""

    id: int
    file_path: str
    file_size: int
    file_mtime_ns: int
    revision: int
    is_nsfw: bool
    missing: bool
    #: The state of the files beside it that the work began with.
    sidecar_signature: str


def _save(queue: str) -> TextClause:
    columns = COLUMNS[queue]
    sets = ", ".join(f"{name} = r.{name}" for name in columns)
    types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return text(
        f"""
        UPDATE videos v
        SET {REVISION[queue]} = r.revision, updated_at = now(){", " if sets else ""}{sets}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(video_id bigint, revision int{", " if types else ""}{types})
        WHERE v.id = r.video_id AND v.revision = r.revision {ALSO.get(queue, "")}
        RETURNING v.id
        """  # noqa: S608  (the names are the constants above)
    )


_SAVES = {queue: _save(queue) for queue in COLUMNS}

_VIDEOS = text(
    """
    SELECT id, file_path, file_size, file_mtime_ns, revision, is_nsfw, missing_since IS NOT NULL AS missing,
           sidecar_signature
    FROM videos WHERE id = ANY(:ids)
    """
)


def load_videos(conn: Connection, ids: Sequence[int]) -> dict[int, VideoFile]:
    """The videos with these ids, by id; ids that do not exist are left out."""
    return {row.id: VideoFile(*row) for row in conn.execute(_VIDEOS, {"ids": list(ids)})}


def save_results(conn: Connection, queue: str, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write results, each a mapping of `video_id`, `revision` and the queue's columns; returns the ids that took it.

    A video that is not among them is gone, or its file changed after the work began: the result belongs to a content
    that is no longer there.
    """
    if not rows:
        return set()
    return set(conn.execute(_SAVES[queue], {"rows": dump(list(rows))}).scalars())


_FORGET_TRACKS = text("DELETE FROM video_subtitles WHERE video_id = ANY(:ids)")
_SAVE_TRACKS = text(
    """
    INSERT INTO video_subtitles
        (video_id, source, source_key, language, label, source_format, storage_path, original_path, is_default)
    SELECT * FROM jsonb_to_recordset(CAST(:tracks AS jsonb))
        AS t(video_id bigint, source text, source_key text, language text, label text, source_format text,
             storage_path text, original_path text, is_default boolean)
    """
)


def save_subtitles(conn: Connection, video_ids: Sequence[int], tracks: Sequence[Mapping[str, Any]]) -> None:
    """Replace all subtitle tracks of these videos."""
    conn.execute(_FORGET_TRACKS, {"ids": list(video_ids)})
    if tracks:
        conn.execute(_SAVE_TRACKS, {"tracks": dump(list(tracks))})
