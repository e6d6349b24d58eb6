"""The temporary tables of one scan, on the one connection that the scan holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

#: What every batch of files that are to be written has: see `db.scan.apply.Row`.
COMMON: dict[str, str] = {
    "n": "bigint",
    "change": "text",
    "file_id": "bigint",
    "path": "text",
    "size": "bigint",
    "mtime_ns": "bigint",
    "again": "text",
}

_FOUND = "path text, size bigint, mtime_ns bigint, sidecars text"
# A lost machine's connection must not hold its lock for the hours that TCP would give it.
_CREATE = f"""
    SET work_mem = '64MB';
    SET tcp_keepalives_idle = 30;
    SET tcp_keepalives_interval = 10;
    SET tcp_keepalives_count = 3;
    CREATE TEMP TABLE scan_seen (kind text, {_FOUND}, nfo text, info text, accepted boolean);
    CREATE TEMP TABLE scan_folders (kind text, path text, parent text);
    CREATE TEMP TABLE scan_unreadable (path text);
    CREATE TEMP TABLE scan_delta (
        n bigint PRIMARY KEY, change text, {_FOUND}, nfo text, info text,
        file_id bigint, old_path text, old_sidecars text
    );
    CREATE TEMP TABLE scan_gone (id bigint PRIMARY KEY, {_FOUND}, oshash text, fresh boolean);
    CREATE TEMP TABLE scan_candidates (n bigint PRIMARY KEY, path text, size bigint);
    CREATE TEMP TABLE scan_hashed (n bigint PRIMARY KEY, oshash text);
    CREATE TEMP TABLE scan_moved (n bigint PRIMARY KEY, id bigint UNIQUE);
    CREATE TEMP TABLE scan_words (n bigint, list text, name text) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE scan_wants (queue text, id bigint) ON COMMIT DELETE ROWS;
"""
# How a path is taken apart, and what a folder is called for people: on one line, bytes that are no UTF-8 as \ufffd.
_FUNCTIONS = r"""
    CREATE FUNCTION pg_temp.folder_of(path text) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN regexp_replace(path, '/[^/]*$', '');
    CREATE FUNCTION pg_temp.name_of(path text) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN substring(path from '[^/]*$');
    CREATE FUNCTION pg_temp.title_of(path text) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN btrim(regexp_replace(
            regexp_replace(substring(path from '[^/]*$'), '[\U0010FF80-\U0010FFFF]', U&'\FFFD', 'g'),
            '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+', ' ', 'g'));
"""
_BEGIN = """
    TRUNCATE scan_delta, scan_gone, scan_candidates, scan_hashed, scan_moved;
    DROP TABLE IF EXISTS scan_batch;
    CREATE TEMP TABLE scan_batch ({columns}) ON COMMIT DELETE ROWS
"""
_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:queue, :root_id))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:queue, :root_id))")


@contextmanager
def alone(conn: Connection, queue: str, root_id: int) -> Iterator[bool]:
    """Make the tables, and keep every other scan of this queue and folder out while inside.

    False when another one holds the folder. The connection must not go back into a pool: see `Connection.detach`.
    """
    lock = {"queue": queue, "root_id": root_id}
    with conn.begin():
        mine = bool(conn.scalar(_LOCK, lock))
        if mine:
            conn.exec_driver_sql(_CREATE + _FUNCTIONS)
    try:
        yield mine
    finally:
        # A connection that is closed holds its lock until the server notices; one that is broken holds none.
        with suppress(SQLAlchemyError):
            conn.execute(_UNLOCK, lock)


def begin(conn: Connection, columns: Mapping[str, str]) -> None:
    """Empty the tables of differences, for files whose batches have these columns besides the common ones."""
    batch = ", ".join(f"{name} {kind}" for name, kind in {**COMMON, **columns}.items())
    conn.exec_driver_sql(_BEGIN.format(columns=batch))


def copy(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table, within the connection's transaction."""
    driver: Any = conn.connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)
