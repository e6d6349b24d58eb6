"""Files that were found once and are not there any more, by the folder that they lay in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.catalogue.paging import contains

#: How many folders are shown, and how many files of each.
FOLDERS, FILES = 50, 20

#: The members of an archive are not told one by one: they are gone with it.
_KINDS = {
    "video": ("videos", ""),
    "picture": ("images", " AND archive_id IS NULL"),
    "archive": ("archives", ""),
    "audio file": ("audio_tracks", ""),
}
_ALL = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, id, file_path, missing_since, library_root_id FROM {table}"  # noqa: S608  (constants)
    f" WHERE missing_since IS NOT NULL{more}"
    for kind, (table, more) in _KINDS.items()
)
_NARROWED = """
    (CAST(:kind AS text) = '' OR kind = :kind) AND (CAST(:root AS bigint) IS NULL OR library_root_id = :root)
    AND (CAST(:text AS text) IS NULL OR file_path ILIKE :text)
"""
# Folders are counted first; only the files of those that are shown are put in order, folder by folder.
_BY_FOLDER = text(f"""
    WITH gone AS MATERIALIZED (
        SELECT *, left(file_path, length(file_path) - strpos(reverse(file_path), '/')) AS folder
        FROM ({_ALL}) AS all_of_them WHERE {_NARROWED}
    ), shown AS MATERIALIZED (
        SELECT folder, count(*) AS files, min(missing_since) AS first_at, max(missing_since) AS last_at,
               count(*) OVER () AS folders, sum(count(*)) OVER () AS total
        FROM gone GROUP BY 1 ORDER BY last_at DESC, folder LIMIT {FOLDERS}
    ), theirs AS (
        SELECT folder, array_agg(kind) AS kinds, array_agg(id) AS ids, array_agg(file_path) AS paths
        FROM gone WHERE folder IN (SELECT folder FROM shown) GROUP BY folder
    )
    SELECT shown.*, (
        SELECT array_agg(jsonb_build_object('kind', kind, 'id', id, 'name', regexp_replace(file_path, '^.*/', ''))
                         ORDER BY file_path COLLATE natural_order)
        FROM (SELECT * FROM unnest(kinds, ids, paths) AS file(kind, id, file_path)
              ORDER BY file_path COLLATE natural_order LIMIT {FILES}) AS first
    ) AS named
    FROM shown JOIN theirs USING (folder) ORDER BY last_at DESC, folder
""")  # noqa: S608

KINDS = tuple(_KINDS)


@dataclass(frozen=True)
class GoneFolder:
    """A folder, spelled as in `db.paths`, and the files that are missing from it; `named` are the first of them."""

    folder: str
    files: int
    first_at: datetime
    last_at: datetime
    named: Sequence[Mapping[str, Any]]


def gone(
    conn: Connection, *, kind: str = "", root: int | None = None, part: str = ""
) -> tuple[list[GoneFolder], int, int]:
    """The folders from which files are missing, those first where that was noticed last; and how many folders and
    files there are in all.
    """
    asked = {"kind": kind, "root": root, "text": contains(part) if part else None}
    rows = conn.execute(_BY_FOLDER, asked).all()
    found = [GoneFolder(row.folder, row.files, row.first_at, row.last_at, row.named) for row in rows]
    return found, rows[0].folders if rows else 0, int(rows[0].total) if rows else 0
