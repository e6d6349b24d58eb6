"""The databases of a home, wherever they are, and PostgreSQL's programs for them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from darkroom.settings import Settings
from deployments.errors import StartError
from deployments.postgres import leftover
from deployments.postgres.binaries import Binaries, find
from deployments.postgres.cluster import Cluster
from deployments.postgres.urls import Urls, urls_of


@dataclass(frozen=True)
class Databases:
    """Darkroom's database and Prefect's, on one server."""

    urls: Urls
    binaries: Binaries

    @property
    def darkroom(self) -> URL:
        """The address of Darkroom's."""
        return make_url(self.urls.darkroom)

    @property
    def prefect(self) -> URL:
        """The address of Prefect's."""
        return make_url(self.urls.prefect)

    def run(self, program: str, url: URL, *arguments: str, stdin: IO[bytes] | None = None) -> None:
        """Run one of PostgreSQL's programs on a database; its password goes by the environment, not by the arguments.

        Raises StartError with the program's own words.
        """
        host = str(url.query.get("host") or url.host or "")
        where = {
            "PGHOST": host,
            "PGPORT": str(url.port or ""),
            "PGUSER": url.username or "",
            "PGPASSWORD": url.password,
        }
        named = {name: str(value) for name, value in where.items() if value}
        done = subprocess.run(  # noqa: S603
            [self.binaries.program(program), "--no-password", "-d", str(url.database), *arguments],
            check=False,
            env={**os.environ, **self.urls.environment, **self.binaries.environment, **named},
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            raise StartError(f"{program} failed", done.stdout)

    def execute(self, statement: str, **names: str) -> None:
        """Run a statement about whole databases, with these names in it, outside of both."""
        url = self.darkroom.set(drivername="postgresql", database="postgres")
        identifiers: dict[str, Any] = {key: sql.Identifier(name) for key, name in names.items()}
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**identifiers))


@contextmanager
def databases(settings: Settings) -> Iterator[Databases]:
    """The databases of this home: those of a named server, else the private cluster, started where it does not run."""
    if settings.database_url:
        yield Databases(urls_of(settings.database_url), find())
        return
    cluster = Cluster(settings.home)
    if leftover.servers(cluster.data):
        yield Databases(cluster.urls, cluster.binaries)
        return
    with cluster.started() as urls:
        yield Databases(urls, cluster.binaries)
