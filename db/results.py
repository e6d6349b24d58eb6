"""Where the results of media jobs go: one statement per batch, refused row by row where the file has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, TextClause, text

from db.ledger.events import dump
from db.library_settings import Settings


@dataclass(frozen=True)
class Results:
    """Where one queue's results go.

    `revision` is the column of `table` that says which revision of the file its result was made from; `columns` are
    those that its result fills, with their types. `reads` names what else of the row its jobs want to know, and `also`
    what else must still be as it was when the work began. `besides` names what else the queue's jobs make, by the
    setting that wants it.
    """

    table: str
    target_type: str
    revision: str
    columns: Mapping[str, str]
    reads: tuple[str, ...] = ()
    also: str = ""
    #: The setting that lets a scan enqueue for the queue; none where a library would be incomplete without it.
    switch: str = "auto_generate_metadata"
    besides: Mapping[str, str] = field(default_factory=dict)
    #: The queue whose jobs make this result too, from the same decode, and hand it on: where a file lacks both, a scan
    #: enqueues for that queue only.
    comes_with: str = ""

    def lacks(self, settings: Settings, of: str = "") -> str:
        """In SQL, whether a file (`of`, with a dot) lacks what these settings want of the queue."""
        wanted = [BESIDES[name] for setting, name in self.besides.items() if getattr(settings, setting)]
        revisions = [results.revision for results in (self, *wanted)]
        return f"({' OR '.join(f'{of}{revision} IS DISTINCT FROM {of}revision' for revision in revisions)})"


#: What jobs make besides their queue's own result, by name; each has a revision of its own.
BESIDES: dict[str, Results] = {
    "phash": Results("videos", "video", "phash_revision", {"phash": "text"}),
}


#: By queue. The page's "lacks", Run, the scans and the flows all read this.
RESULTS: dict[str, Results] = {
    "media-probe": Results(
        "videos",
        "video",
        "probe_revision",
        {
            "duration": "float8",
            "width": "int",
            "height": "int",
            "frame_rate": "float8",
            "bit_rate": "bigint",
            "codec": "text",
            "container": "text",
            "audio_codec": "text",
        },
    ),
    "fingerprint": Results(
        "videos",
        "video",
        "fingerprint_revision",
        {"oshash": "text", "checksum_md5": "text"},
        reads=("fingerprint_revision", "phash_revision"),
        switch="auto_generate_fingerprints",
        besides={"generate_phash": "phash"},
    ),
    "preview": Results(
        "videos",
        "video",
        "preview_revision",
        {
            "thumbnail_path": "text",
            "card_thumbnail_path": "text",
            "preview_path": "text",
            "sprite_path": "text",
            "trickplay_vtt_path": "text",
        },
        switch="auto_generate_preview",
    ),
    # Subtitles are made from the files beside the video too.
    "extract-subtitles": Results(
        "videos",
        "video",
        "subtitles_revision",
        {"sidecar_signature": "text"},
        reads=("sidecar_signature",),
        also="AND f.sidecar_signature = r.sidecar_signature",
    ),
    # Its jobs on archives; those on watched folders have no result.
    "gallery-scan": Results("archives", "archive", "read_revision", {"oshash": "text"}, switch=""),
    "image-thumbnail": Results(
        "images",
        "image",
        "thumbnail_revision",
        {
            "width": "int",
            "height": "int",
            "format": "text",
            "is_animated": "boolean",
            "thumbnail_path": "text",
            "preview_path": "text",
        },
        reads=("archive_id", "member", "fingerprint_revision"),
        switch="auto_generate_preview",
    ),
    "image-fingerprint": Results(
        "images",
        "image",
        "fingerprint_revision",
        {"oshash": "text", "checksum_md5": "text", "phash": "text"},
        reads=("archive_id", "member"),
        switch="auto_generate_fingerprints",
        comes_with="image-thumbnail",
    ),
    "audio-probe": Results(
        "audio_tracks",
        "track",
        "probe_revision",
        {
            "duration": "float8",
            "bit_rate": "bigint",
            "sample_rate": "int",
            "channels": "smallint",
            "codec": "text",
            "container": "text",
            "artist": "text",
            "album_artist": "text",
            "album": "text",
            "narrator": "text",
            "track_number": "int",
            "disc_number": "int",
            "year": "int",
            "description": "text",
            "asin": "text",
            "isbn": "text",
            "cover_path": "text",
        },
        reads=("audio_library_id",),
    ),
    "audio-fingerprint": Results(
        "audio_tracks",
        "track",
        "fingerprint_revision",
        {"oshash": "text", "checksum_md5": "text", "chromaprint": "text"},
        switch="auto_generate_fingerprints",
    ),
    "audio-waveform": Results(
        "audio_tracks",
        "track",
        "waveform_revision",
        {"waveform_path": "text"},
        switch="auto_generate_preview",
    ),
}


@dataclass(frozen=True)
class File:
    """What a job needs to know of the file it works on. `file_path` is spelled as in `db.paths`."""

    id: int
    file_path: str
    file_size: int
    file_mtime_ns: int
    revision: int
    is_nsfw: bool
    missing: bool
    #: What else the queue's jobs read of the row, as it was when the work began: see `Results.reads`.
    more: Mapping[str, Any] = field(default_factory=dict)


_FILE = ("id", "file_path", "file_size", "file_mtime_ns", "revision", "is_nsfw")


def _load(results: Results) -> TextClause:
    columns = ", ".join((*_FILE, *results.reads))
    return text(
        f"SELECT {columns}, missing_since IS NOT NULL AS missing FROM {results.table} WHERE id = ANY(:ids)"  # noqa: S608
    )


def _save(results: Results) -> TextClause:
    sets = "".join(f", {name} = r.{name}" for name in results.columns)
    types = "".join(f", {name} {kind}" for name, kind in results.columns.items())
    return text(
        f"""
        UPDATE {results.table} f
        SET {results.revision} = r.revision, updated_at = now(){sets}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, revision int{types})
        WHERE f.id = r.id AND f.revision = r.revision {results.also}
        RETURNING f.id
        """  # noqa: S608  (the names are the constants above)
    )


_LOADS = {queue: _load(results) for queue, results in RESULTS.items()}
_SAVES = {name: _save(results) for name, results in (RESULTS | BESIDES).items()}


def load_files(conn: Connection, queue: str, ids: Sequence[int]) -> dict[int, File]:
    """The files with these ids that a queue works on, by id; ids that do not exist are left out."""
    reads = RESULTS[queue].reads
    return {
        row["id"]: File(**{name: row[name] for name in (*_FILE, "missing")}, more={name: row[name] for name in reads})
        for row in conn.execute(_LOADS[queue], {"ids": list(ids)}).mappings()
    }


def save_results(conn: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write results, each a mapping of `id`, `revision` and the columns; returns the ids that took it.

    `name` is that of the queue, or of what its jobs make besides.

    A file that is not among them is gone, or changed after the work began: the result belongs to a content that is no
    longer there.
    """
    if not rows:
        return set()
    return set(conn.execute(_SAVES[name], {"rows": dump(list(rows))}).scalars())


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
