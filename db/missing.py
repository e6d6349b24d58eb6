"""Rows of files that have been missing for long: counted, and forgotten when a person asks for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.collections import EntityName

#: What can be forgotten, by kind of item. The members of an archive go before it.
_TABLES: dict[EntityName, str] = {"video": "videos", "image": "images", "audio-track": "audio_tracks"}
_MISSING = " UNION ALL ".join(
    f"SELECT missing_since, '{kind}' AS kind, id FROM {table} WHERE missing_since IS NOT NULL"  # noqa: S608  (constants)
    for kind, table in _TABLES.items()
)
_ORDER = "missing_since, kind, id"
_OLDEST = text(f"""
    SELECT {_ORDER} FROM ({_MISSING}) AS missing
    WHERE missing_since < now() - make_interval(days => :days) ORDER BY {_ORDER} LIMIT :limit
""")  # noqa: S608
_PICK = text(f"""
    SELECT {_ORDER} FROM ({_MISSING}) AS missing
    WHERE ({_ORDER}) <= (CAST(:missing_since AS timestamptz), :kind, :id) ORDER BY {_ORDER} LIMIT :limit
""")  # noqa: S608
# Once more by its time: a scan may have found the file again meanwhile.
_DELETE = {
    kind: text(f"DELETE FROM {table} WHERE id = ANY(:ids) AND missing_since <= CAST(:missing_since AS timestamptz)")  # noqa: S608
    for kind, table in _TABLES.items()
}
_EMPTY_ARCHIVES = text("""
    DELETE FROM archives a
    WHERE missing_since <= CAST(:missing_since AS timestamptz)
      AND NOT EXISTS (SELECT FROM images WHERE archive_id = a.id)
""")


@dataclass(frozen=True)
class Missing:
    """The files that have been missing longest: how many of each kind, and which of them is the last."""

    counts: Mapping[EntityName, int]
    #: Says for good which files are meant: all before it in their order, and itself.
    last: Mapping[str, Any]

    @property
    def total(self) -> int:
        """How many files."""
        return sum(self.counts.values())


def oldest(conn: Connection, *, days: int, limit: int) -> Missing:
    """The files that have been missing for more than `days`, up to `limit`, those first that are missing longest."""
    rows = conn.execute(_OLDEST, {"days": days, "limit": limit}).all()
    last = dict(rows[-1]._mapping) | {"missing_since": rows[-1].missing_since.isoformat()} if rows else {}
    return Missing(Counter(row.kind for row in rows), last)


def forget(conn: Connection, last: Mapping[str, Any], limit: int) -> dict[EntityName, int]:
    """Delete the rows of up to `limit` of the files up to `last`; how many went, by kind. No file is touched."""
    picked: dict[EntityName, list[int]] = {}
    for row in conn.execute(_PICK, {**last, "limit": limit}):
        picked.setdefault(row.kind, []).append(row.id)
    since = last["missing_since"]
    gone = {
        kind: conn.execute(_DELETE[kind], {"ids": ids, "missing_since": since}).rowcount for kind, ids in picked.items()
    }
    return {kind: number for kind, number in gone.items() if number}


def forget_empty_archives(conn: Connection, last: Mapping[str, Any]) -> None:
    """Delete the archives that have been missing for as long and none of whose pictures is known any more."""
    conn.execute(_EMPTY_ARCHIVES, {"missing_since": last["missing_since"]})
