"""How a process reaches the ledger."""

from __future__ import annotations

import os
from functools import cache

import psycopg
from sqlalchemy import Engine, create_engine, event

from darkroom.settings import settings

#: Set by `darkroom up` for everything it starts, so that only workers on other machines need to ask Prefect.
URL_VARIABLE = "DARKROOM_DATABASE_URL"

#: The block in Prefect that has the database's address; on other machines than the first it is the only way to it.
BLOCK = "darkroom"

#: Seconds that a transaction may wait for the process that began it, as long as a lease: one that has stopped in the
#: middle keeps nobody from the rows that it locked for longer than from those that it leased.
IDLE = 30


def sqlalchemy_url(url: str) -> str:
    """The same URL with psycopg 3 named as its driver, whichever way a person wrote it."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme.split("+")[0] in {"postgres", "postgresql"} else url


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine whose broken connections are noticed before they are handed out, and whose transactions end that are
    left alone."""
    made = create_engine(
        sqlalchemy_url(url),
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=20,
        connect_args={"application_name": f"darkroom-{os.getpid()}", "connect_timeout": 10},
    )
    event.listen(made, "connect", _bound)
    return made


def _bound(connection: psycopg.Connection, _: object) -> None:
    # Not as a start-up option: poolers refuse those, and an address may bring its own.
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE}s'".encode())
    connection.commit()


@cache
def engine() -> Engine:
    """The engine of this process.

    Raises:
        RuntimeError: no database was named.
    """
    if (url := settings().database_url) is None:
        raise RuntimeError(f"No database is named; set {URL_VARIABLE}.")
    return make_engine(url)
