"""Rows for every table of a database, whatever its schema: one with as little as it takes, one with every column."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, Column, Connection, Date, DateTime, Float, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

#: What a table's conditions ask of a column: the value in the row with little, and in the row with everything.
VALUES: dict[str, tuple[Any, Any]] = {
    "api_tokens.scope": ("read", "admin"),
    "audiobooks.asin": (None, "B00ABCDEF1"),
    "audiobooks.isbn": (None, "9781234567890"),
    "blocklist.source": ("manual", "download_fail"),
    "collection_items.gallery_id": (None, None),
    "collection_items.image_id": (None, None),
    "collection_items.track_id": (None, None),
    "collection_items.video_id": (1, 2),
    "collection_items.source": ("manual", "dynamic"),
    "collections.mode": ("manual", "dynamic"),
    "download_clients.kind": ("qbittorrent", "sabnzbd"),
    "download_history.protocol": ("torrent", "usenet"),
    "download_history.status": ("downloading", "failed"),
    "galleries.archive_id": (None, 2),
    "galleries.folder_path": ("/media/gallery", None),
    "galleries.kind": ("folder", "archive"),
    "identify_results.status": ("pending", "accepted"),
    "indexers.kind": ("torznab", "newznab"),
    "job_events.level": ("info", "warn"),
    "job_runs.cancel_requested_at": (None, None),
    "job_runs.lease_expires_at": (None, None),
    "job_runs.lease_owner": (None, None),
    "job_runs.queue_name": ("preview", "preview"),
    "job_runs.status": ("queued", "failed"),
    "library_settings.thumbnail_quality": (2, 7),
    "notification_targets.events": (["failed"], ["failed"]),
    "people.login": ("ada", "grace"),
    "queue_flows.state": ("starting", "working"),
    "releases.protocol": ("torrent", "usenet"),
    "request_settings.max_import_attempts": (5, 7),
    "requests.status": ("pending", "failed"),
    "shelves.kind": ("plex", "audiobookshelf"),
    "track_performers.performer_id": (1, 2),
    "video_subtitles.source": ("embedded", "sidecar"),
    "videos.kind": ("movie", "episode"),
}
#: Tables that hold one row, which the migrations make.
SINGLE = ("library_settings", "request_settings")
#: What the database counts itself.
COUNTED = ("job_totals", "job_rates")


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
        for whole in (False, True):
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
        Text: f"{table.name} {column.name} {number}",
    }
    return next(value for kind, value in kinds.items() if isinstance(column.type, kind))


def contents(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order in which they came."""
    found = {}
    for name in names(conn):
        rows = conn.exec_driver_sql(f'SELECT to_jsonb(t) FROM "{name}" t').scalars()
        found[name] = sorted(rows, key=lambda row: str(sorted(row.items())))
    return found
