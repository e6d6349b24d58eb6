"""The addresses of the two databases, as each of their readers spells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from deployments.errors import StartError

#: The two databases of a server.
DARKROOM = "darkroom"
PREFECT = "prefect"

#: libpq's connection options that asyncpg reads from its environment only.
TLS_OPTIONS = ("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl")


@dataclass(frozen=True)
class Urls:
    """Where the databases are: Darkroom's for SQLAlchemy with psycopg, Prefect's for SQLAlchemy with asyncpg."""

    darkroom: str
    prefect: str
    #: What Prefect's server needs in its environment for that address.
    environment: dict[str, str]


def urls_of(url: str) -> Urls:
    """The addresses for a server named by a PostgreSQL URL of any spelling; Prefect's database is `prefect` beside it.

    Raises StartError for what is no such URL.
    """
    given = parse(url)
    query = {str(key): value for key, value in given.query.items()}
    tls = {f"PG{key.upper()}": str(query[key]) for key in TLS_OPTIONS if key in query}
    place = {key: value for key, value in query.items() if key in ("host", "port")}
    prefect = given.set(drivername="postgresql+asyncpg", database=PREFECT, query=place)
    return Urls(text_of(given), text_of(prefect), tls)


def urls_of_socket(folder: Path, role: str) -> Urls:
    """The addresses in a private cluster that listens in this folder."""
    return urls_of(text_of(URL.create("postgresql", role, database=DARKROOM, query={"host": str(folder)})))


def parse(url: str) -> URL:
    """The URL with the driver that Darkroom uses.

    Raises StartError where it is not a PostgreSQL URL, names no database, or names Prefect's.
    """
    try:
        given = make_url(url)
    except (ArgumentError, ValueError):
        given = URL.create("")
    if given.get_backend_name() not in ("postgresql", "postgres") or not given.database:
        raise StartError(
            "DARKROOM_DATABASE_URL is not a PostgreSQL URL with a database: "
            "write postgresql://user:password@host:port/database."
        )
    if given.database == PREFECT:
        raise StartError(
            "DARKROOM_DATABASE_URL names the database prefect, which is Prefect's own: name another, say darkroom."
        )
    return given.set(drivername="postgresql+psycopg")


def text_of(url: URL) -> str:
    """The URL as SQLAlchemy and libpq both read it: libpq takes a plus for a plus, SQLAlchemy writes it for a space."""
    address, mark, query = url.render_as_string(hide_password=False).partition("?")
    return address + mark + query.replace("+", "%20")
