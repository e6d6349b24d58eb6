"""What the ledger knows of a watched folder before it is scanned, and what it keeps when a scan was whole."""

from __future__ import annotations

from sqlalchemy import Connection, text

_COUNT = text("SELECT count(*) FROM videos WHERE library_root_id = :root_id AND missing_since IS NULL")
_SAMPLE = text(
    """
    SELECT file_path FROM videos WHERE library_root_id = :root_id AND missing_since IS NULL
    ORDER BY hashint8(id), id LIMIT :size
    """
)
_WHOLE = text("UPDATE library_roots SET last_scanned_at = now(), device = :device WHERE id = :root_id")


def count(conn: Connection, root_id: int) -> int:
    """How many files of the folder the ledger believes to be there."""
    return conn.scalar(_COUNT, {"root_id": root_id}) or 0


def sample(conn: Connection, root_id: int, size: int) -> list[str]:
    """Some of these files, from all over the folder, always the same ones. Paths are spelled as in `db.paths`."""
    return list(conn.scalars(_SAMPLE, {"root_id": root_id, "size": size}))


def scanned(conn: Connection, root_id: int, device: int) -> None:
    """The folder was scanned whole, on this device."""
    conn.execute(_WHOLE, {"root_id": root_id, "device": device})
