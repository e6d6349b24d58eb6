"""Rows for every table of a database, whatever its schema: one with as little as it takes, one with every column."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

#: What a table's conditions ask of a column beside being one of several words: the value in the row with little, and in
#: the row with everything.
VALUES: dict[str, tuple[Any, Any]] = {
    "audiobooks.asin": (None, "B00ABCDEF1"),
    "audiobooks.isbn": (None, "9781234567890"),
    "collection_items.gallery_id": (None, None),
    "collection_items.image_id": (None, None),
    "collection_items.track_id": (None, None),
    "collection_items.video_id": (1, 2),
    "collections.mode": ("manual", "dynamic"),
    "download_history.status": ("downloading", "failed"),
    "galleries.archive_id": (None, 2),
    "galleries.folder_path": ("/media/gallery", None),
    "galleries.kind": ("folder", "archive"),
    "identify_results.status": ("pending", "accepted"),
    "installation.id": (None, 1),
    "job_runs.cancel_requested_at": (None, None),
    "job_runs.lease_expires_at": (None, None),
    "job_runs.lease_owner": (None, None),
    "job_runs.queue_name": ("preview", "preview"),
    "job_runs.status": ("queued", "failed"),
    "library_settings.thumbnail_quality": (2, 7),
    "notification_targets.events": (["failed"], ["failed"]),
    "queue_settings.priority": (1, 10),
    "queue_settings.slots": (1, 2),
    "people.login": ("ada", "grace"),
    "request_settings.max_import_attempts": (5, 7),
    "requests.status": ("pending", "failed"),
}
#: Tables that hold one row, which the migrations make.
SINGLE = ("library_settings", "request_settings")
#: The table that holds one row at most.
AT_MOST_ONE = "installation"
#: Tables that a later schema does without: what they said is known in another way.
GONE = frozenset({"job_watermarks"})
#: What the database counts itself.
COUNTED = ("job_totals", "job_rates", "lacking_counts", "lacking_touched")


def tables(conn: Connection) -> list[Table]:
    """Every table there is but those that the database fills itself, each after those that it refers to."""
    there = MetaData()
    there.reflect(conn, only=names(conn))
    return there.sorted_tables


def names(conn: Connection) -> list[str]:
    """Of every table but those that the database fills itself."""
    found = conn.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").scalars()
    return [name for name in found if name not in (*COUNTED, "alembic_version")]


def fill(conn: Connection) -> None:
    """Put two rows into every table, or change the one that there is to be.

    Raises:
        AssertionError: a table does not take them; its condition is to be met in `VALUES`.
    """
    for table in tables(conn):
        for whole in (False, True) if table.name != AT_MOST_ONE else (True,):
            try:
                with conn.begin_nested():
                    _add(conn, table, whole=whole)
            except IntegrityError as error:
                raise AssertionError(f"{table.name} takes no row of {__name__}.VALUES: {error.orig}") from error


def _add(conn: Connection, table: Table, *, whole: bool) -> None:
    row = {column.name: _value(table, column, whole) for column in table.columns if _is_wanted(table, column, whole)}
    if table.name in SINGLE:
        conn.execute(table.update().values({name: value for name, value in row.items() if name != "id"}))
    else:
        conn.execute(table.insert().values(row))


def _is_wanted(table: Table, column: Column[Any], whole: bool) -> bool:
    if column.computed is not None:
        return False
    if column.identity is not None or f"{table.name}.{column.name}" in VALUES:
        return True
    return whole or not (column.nullable or column.server_default is not None)


def _value(table: Table, column: Column[Any], whole: bool) -> Any:
    number = 2 if whole else 1
    if column.identity is not None:
        return number
    if (given := VALUES.get(f"{table.name}.{column.name}")) is not None:
        return given[whole]
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return 1 if key.column.table is table else number
    kinds: dict[type, Any] = {
        UUID: uuid.UUID(int=number),
        JSONB: {"of": table.name, "number": number},
        ARRAY: [number] if isinstance(getattr(column.type, "item_type", None), Integer) else [f"part {number}"],
        Boolean: whole,
        DateTime: MOMENT,
        Date: date(2026, 1, number),
        Float: number + 0.5,
        Integer: 10 + number,
        Text: _words(table, column)[-whole] or f"{table.name} {column.name} {number}",
    }
    return next(value for kind, value in kinds.items() if isinstance(column.type, kind))


def _words(table: Table, column: Column[Any]) -> list[str]:
    """The words that a column may hold, where a condition of its table lists them; else nothing, once."""
    listed = re.compile(rf"\b{column.name}\b\)?(?:::text)? = ANY \(+ARRAY\[([^\]]*)\]")
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and (found := listed.search(str(constraint.sqltext))):
            return re.findall(r"'([^']*)'", found[1])
    return [""]


def contents(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order in which they came."""
    found = {}
    for name in names(conn):
        rows = conn.exec_driver_sql(f'SELECT to_jsonb(t) FROM "{name}" t').scalars()
        found[name] = sorted(rows, key=lambda row: str(sorted(row.items())))
    return found
