"""Where a benchmark runs: its database, and what its figures depend on."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from db.engine import sqlalchemy_url
from deployments.postgres.configuration import SETTINGS
from tests.postgres import run_cluster

#: Of the private cluster's settings, those that a running server takes.
_TAKEN = {name: value for name, value in SETTINGS.items() if name not in {"shared_buffers", "max_connections"}}


@contextmanager
def database(url: str | None) -> Iterator[str]:
    """A database as a SQLAlchemy URL: this one, or that of a throwaway server with the settings of `darkroom up`."""
    if url:
        yield sqlalchemy_url(url)
        return
    with tempfile.TemporaryDirectory(prefix="darkroom-pg-") as folder:
        for server in run_cluster(Path(folder)):
            set_up(created := create_engine(server, isolation_level="AUTOCOMMIT"))
            created.dispose()
            yield server.render_as_string(hide_password=False)


def set_up(engine: Engine) -> None:
    """Give a server the settings of the private cluster."""
    with engine.connect() as conn:
        for name, value in _TAKEN.items():
            conn.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        conn.execute(text("SELECT pg_reload_conf()"))


def facts(engine: Engine | None = None) -> str:
    """The machine, its load and the versions, in a line."""
    said = [f"{os.cpu_count()} cores", platform.machine(), f"load {os.getloadavg()[0]:.1f}"]
    said += [f"Python {platform.python_version()}", f"Prefect {version('prefect')}"]
    if engine is not None:
        with engine.connect() as conn:
            said.append(f"PostgreSQL {conn.scalar(text('SHOW server_version')).split()[0]}")
    return ", ".join(said)
