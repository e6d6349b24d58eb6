"""A PostgreSQL server of somebody's own: is it fit, and has it a database for Prefect?"""

from __future__ import annotations

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from deployments.errors import StartError
from deployments.postgres.binaries import OLDEST
from deployments.postgres.urls import PREFECT, Urls, text_of

CONNECT_SECONDS = 10


def prepare_server(urls: Urls) -> None:
    """Check the server and make Prefect's database and its extension where they are missing.

    Raises StartError with one sentence when the server is away, too old, or does not allow it.
    """
    with _connect(urls) as connection:
        _check_version(connection)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (PREFECT,)).fetchone():
            _create_database(connection)
    with _connect(urls, PREFECT) as connection:
        _create_extension(connection)


def _connect(urls: Urls, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    url = make_url(urls.darkroom).set(drivername="postgresql")
    url = url.set(database=database) if database else url
    try:
        return psycopg.connect(text_of(url), autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        raise StartError(f"The database at {url.render_as_string()} does not answer: {_words(error)}.") from None


def _check_version(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    number = connection.info.server_version
    if (number // 10_000, number % 10_000) < OLDEST:
        raise StartError(
            f"The server of DARKROOM_DATABASE_URL is PostgreSQL {number // 10_000}.{number % 10_000}; "
            f"Prefect needs {OLDEST[0]}.{OLDEST[1]} or newer."
        )


def _create_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(PREFECT)))
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error as error:
        raise StartError(
            f"Prefect needs a database named {PREFECT} on that server and {connection.info.user} may not create it "
            f"({_words(error)}): run CREATE DATABASE {PREFECT} OWNER {connection.info.user} there as an administrator."
        ) from None


def _create_extension(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except psycopg.Error as error:
        raise StartError(
            f"Prefect needs the extension pg_trgm in the database {PREFECT} ({_words(error)}): "
            "install PostgreSQL's contrib modules there, or run CREATE EXTENSION pg_trgm as an administrator."
        ) from None


def _words(error: psycopg.Error) -> str:
    return " ".join(str(error).split()).removesuffix(".")
