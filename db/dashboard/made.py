"""The generated files of what a job worked on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

#: By what jobs call a target: its table, and the columns of it that name files which a page can show.
COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "video": ("videos", ("thumbnail_path", "card_thumbnail_path", "preview_path", "sprite_path")),
    "image": ("images", ("thumbnail_path", "preview_path")),
    "track": ("audio_tracks", ("cover_path", "waveform_path")),
}

_READ = {
    kind: text(f"SELECT {', '.join(columns)} FROM {table} WHERE id = :id")  # noqa: S608  (constants)
    for kind, (table, columns) in COLUMNS.items()
}


@dataclass(frozen=True)
class MadeFile:
    """One file: what it is, such as `thumbnail`, and the name that `/assets` knows it by."""

    kind: str
    name: str


def made_files(conn: Connection, target_type: str, target_id: str) -> list[MadeFile]:
    """The files that were made of a target, as far as a page can show them; none for targets of other kinds."""
    if target_type not in COLUMNS or not target_id.isdecimal():
        return []
    row = conn.execute(_READ[target_type], {"id": int(target_id)}).mappings().one_or_none()
    found = row.items() if row else ()
    return [MadeFile(column.removesuffix("_path"), path) for column, path in found if path]
