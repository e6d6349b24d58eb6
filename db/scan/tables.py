"""The temporary tables of one scan, on the one connection that the scan holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

#: One row of what is to be written: see `db.scan.apply.Row`.
BATCH: dict[str, str] = {
    "n": "bigint",
    "change": "text",
    "video_id": "bigint",
    "path": "text",
    "size": "bigint",
    "mtime_ns": "bigint",
    "sidecars": "text",
    "resubtitle": "boolean",
    "kind": "text",
    "title": "text",
    "title_before": "text",
    "series_path": "text",
    "series_title": "text",
    "season_number": "int",
    "season_path": "text",
    "episode": "int",
    "episode_before": "int",
    "absolute": "int",
    "absolute_before": "int",
    "year": "int",
    "year_before": "int",
    "overview": "text",
    "released": "date",
    "rating": "smallint",
}

_FOUND = "path text, size bigint, mtime_ns bigint, sidecars text"
# A lost machine's connection must not hold its lock for the hours that TCP would give it.
_CREATE = f"""
    SET work_mem = '64MB';
    SET tcp_keepalives_idle = 30;
    SET tcp_keepalives_interval = 10;
    SET tcp_keepalives_count = 3;
    CREATE TEMP TABLE scan_seen ({_FOUND}, nfo text, info text, accepted boolean);
    CREATE TEMP TABLE scan_unreadable (path text);
    CREATE TEMP TABLE scan_delta (
        n bigint PRIMARY KEY, change text, {_FOUND}, nfo text, info text,
        video_id bigint, old_path text, old_sidecars text
    );
    CREATE TEMP TABLE scan_gone (id bigint PRIMARY KEY, {_FOUND}, oshash text, fresh boolean);
    CREATE TEMP TABLE scan_candidates (n bigint PRIMARY KEY, path text, size bigint);
    CREATE TEMP TABLE scan_hashed (n bigint PRIMARY KEY, oshash text);
    CREATE TEMP TABLE scan_moved (n bigint PRIMARY KEY, id bigint UNIQUE);
    CREATE TEMP TABLE scan_batch ({", ".join(f"{name} {kind}" for name, kind in BATCH.items())})
        ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE scan_words (n bigint, list text, name text) ON COMMIT DELETE ROWS;
"""
_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('library-scan', :root_id))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('library-scan', :root_id))")


@contextmanager
def alone(conn: Connection, root_id: int) -> Iterator[bool]:
    """Make the tables, and keep every other scan of this folder out while inside.

    False when another scan holds the folder. The connection must not go back into a pool: see `Connection.detach`.
    """
    with conn.begin():
        mine = bool(conn.scalar(_LOCK, {"root_id": root_id}))
        if mine:
            conn.exec_driver_sql(_CREATE)
    try:
        yield mine
    finally:
        # A connection that is closed holds its lock until the server notices; one that is broken holds none.
        with suppress(SQLAlchemyError):
            conn.execute(_UNLOCK, {"root_id": root_id})


def copy(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table, within the connection's transaction."""
    driver: Any = conn.connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)
