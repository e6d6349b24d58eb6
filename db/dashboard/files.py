"""The generated files that belong to a row, in the cache or beside its video."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text

from db.generated import FILES, NAMED

_ROLES = ", ".join(f"(v.{column}, '{name}')" for column, name in FILES.items())
# One that lies beside the video has the same address as in the cache; the trickplay file there names its sprite by the
# name that it has there.
_OF_VIDEO = text(f"""
    SELECT stored, CASE WHEN starts_with(stored, '/') THEN r.path END AS root
    FROM videos v JOIN library_roots r ON r.id = v.library_root_id, LATERAL (
        SELECT stored, role FROM (VALUES {_ROLES}, (v.custom_thumbnail_path, NULL)) AS files(stored, role)
        UNION ALL
        SELECT unnest(ARRAY[storage_path, original_path]), NULL FROM video_subtitles WHERE video_id = v.id
    ) AS named
    WHERE v.id = :id AND (
        stored = :path
        OR starts_with(stored, '/') AND (role = :name OR role = 'sprite.jpg' AND right(:name, 11) = '-sprite.jpg')
    )
    LIMIT 1
""")  # noqa: S608  (constants)


def _of(shelf: str) -> TextClause:
    named = " UNION ALL ".join(
        f"SELECT FROM {table} WHERE {owner} = :id AND :path IN ({', '.join(columns)})"
        for table, owner, columns in NAMED[shelf]
    )
    return text(f"SELECT :path AS stored, NULL AS root WHERE EXISTS ({named})")


_FIND = {shelf: _OF_VIDEO if shelf == "videos" else _of(shelf) for shelf in NAMED}


@dataclass(frozen=True)
class GeneratedFile:
    """A path as `db.paths` spells it: below the cache folder, or below `root`, a watched folder."""

    path: str
    root: str | None


def generated_file(conn: Connection, shelf: str, number: int, name: str) -> GeneratedFile | None:
    """A row's generated file, by its name on this shelf of the cache; None where the database knows no such file."""
    if "\0" in name or shelf not in _FIND:
        return None
    row = conn.execute(_FIND[shelf], {"id": number, "path": f"{shelf}/{number}/{name}", "name": name}).one_or_none()
    return GeneratedFile(row.stored, row.root) if row else None
