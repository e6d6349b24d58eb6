"""The generated files of what a job worked on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.generated import address

#: By what jobs call a target: its table, its shelf of the cache, and the columns that name files which a page can show.
COLUMNS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "video": ("videos", "videos", ("thumbnail_path", "card_thumbnail_path", "preview_path", "sprite_path")),
    "image": ("images", "images", ("thumbnail_path", "preview_path")),
    "track": ("audio_tracks", "audio-tracks", ("cover_path", "waveform_path")),
}

_READ = {
    kind: text(f"SELECT {', '.join(columns)} FROM {table} WHERE id = :id")  # noqa: S608  (constants)
    for kind, (table, _, columns) in COLUMNS.items()
}


@dataclass(frozen=True)
class MadeFile:
    """One file: what it is, such as `thumbnail`, and where it is served."""

    kind: str
    address: str


def made_files(conn: Connection, target_type: str, target_id: str) -> list[MadeFile]:
    """The files that were made of a target, as far as a page can show them; none for targets of other kinds."""
    if target_type not in COLUMNS or not target_id.isdecimal():
        return []
    row = conn.execute(_READ[target_type], {"id": int(target_id)}).mappings().one_or_none()
    served = {name: address(COLUMNS[target_type][1], int(target_id), name, path) for name, path in (row or {}).items()}
    return [MadeFile(column.removesuffix("_path"), found) for column, found in served.items() if found]
