"""What the ledger knows of a watched folder before it is scanned, and what it keeps when a scan was whole."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db.scan.files import Files
from db.scan.pictures import ARCHIVES, IMAGES
from db.scan.tracks import TRACKS
from db.scan.videos import VIDEOS

#: Every kind of file, whichever scan it is that looks at the folder: whether a disk is there is no question of kinds.
EVERY: tuple[Files, ...] = (VIDEOS, IMAGES, ARCHIVES, TRACKS)

_THERE = "FROM {table} f WHERE library_root_id = :root_id AND missing_since IS NULL AND {condition}"


def _of_each(columns: str) -> str:
    there = (f"SELECT {columns} {_THERE}".format(**files.facts()) for files in EVERY)
    return " UNION ALL ".join(there)


_COUNT = text(_of_each("'{name}' AS name, count(*) AS files"))
_SAMPLE = text(f"SELECT file_path FROM ({_of_each('file_path, id')}) f ORDER BY hashint8(id), id LIMIT :size")  # noqa: S608
_WHOLE = text("UPDATE library_roots SET last_scanned_at = now(), device = :device WHERE id = :root_id")


def count(conn: Connection, root_id: int) -> dict[str, int]:
    """How many files of the folder the ledger believes to be there, by what they are."""
    return {row.name: row.files for row in conn.execute(_COUNT, {"root_id": root_id})}


def sample(conn: Connection, root_id: int, size: int) -> list[str]:
    """Some of these files, from all over the folder, always the same ones. Paths are spelled as in `db.paths`."""
    return list(conn.scalars(_SAMPLE, {"root_id": root_id, "size": size}))


def scanned(conn: Connection, root_id: int, device: int) -> None:
    """The folder was scanned whole, on this device."""
    conn.execute(_WHOLE, {"root_id": root_id, "device": device})
