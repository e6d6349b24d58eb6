"""The private PostgreSQL cluster of one home: made on first use, reached through one socket, kept."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from deployments.errors import StartError
from deployments.postgres import configuration, leftover
from deployments.postgres.binaries import Binaries, find
from deployments.postgres.owner import Owner, owner
from deployments.postgres.place import cluster_folder, socket_folder
from deployments.postgres.urls import DARKROOM, PREFECT, Urls, urls_of_socket
from deployments.up.child import Child

#: The cluster's one role, and its superuser.
ROLE = "darkroom"

#: How long recovery after a crash may take, seconds.
START_SECONDS = 300


class Cluster:
    """The cluster of a home. Making one looks for the programs and the folders; nothing runs until it is started.

    Raises StartError, with one sentence, wherever this machine cannot run it.
    """

    def __init__(self, home: Path) -> None:
        self.owner: Owner = owner()
        self.folder = cluster_folder(home, self.owner)
        self.data = self.folder / "data"
        self.log = home / "logs" / "postgres.log"

    @cached_property
    def socket(self) -> Path:
        """The folder of its socket."""
        return socket_folder(self.folder, self.owner)

    @cached_property
    def urls(self) -> Urls:
        """The addresses of its two databases."""
        return urls_of_socket(self.socket, ROLE)

    @cached_property
    def binaries(self) -> Binaries:
        """The programs that made its data; for a new one, the first that will do."""
        major = self.major
        try:
            return find(major)
        except StartError as error:
            if major is None:
                raise
            raise StartError(f"The database in {self.data} was made by PostgreSQL {major}. {error}") from None

    @property
    def major(self) -> int | None:
        """The major version of its data; None before there is any."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def child(self) -> Child:
        """The server as a child process, everything prepared for its start.

        Raises StartError when it already runs.
        """
        if running := leftover.servers(self.data):
            raise StartError(f"The PostgreSQL in {self.data} is already running as process {running[0].pid}.")
        program = self.binaries.program("postgres")
        if self.major is None:
            self._make()
        self._configure()
        leftover.drop_stale(self.data, self.socket)
        return Child(
            name="postgres",
            argv=[program, "-D", str(self.data)],
            env={**os.environ, **self.binaries.environment},
            cwd=Path("/"),
            log=self.log,
            ready=self.answers,
            start_seconds=START_SECONDS,
            stop_signal=signal.SIGINT,
            stop_seconds=60,
            popen=self.owner.popen,
        )

    @contextmanager
    def started(self) -> Iterator[Urls]:
        """Run it for as long as the block lasts, with both databases there."""
        child = self.child()
        child.start()
        try:
            child.wait_ready()
            self.create_databases()
            yield self.urls
        finally:
            child.stop()

    def stop_leftover(self) -> None:
        """Stop what an earlier supervisor left running on this data: gently, then at once (the data stays whole)."""
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            left = leftover.servers(self.data)
            for process in leftover.postmaster(self.data, left) or left:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            if not psutil.wait_procs(left, seconds)[1]:
                return

    def answers(self) -> bool:
        """Whether it takes connections."""
        with suppress(psycopg.OperationalError), self._connection():
            return True
        return False

    def create_databases(self) -> None:
        """Both databases, where they are not there yet."""
        with self._connection() as connection:
            there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for name in sorted({DARKROOM, PREFECT} - there):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _connection(self) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(host=str(self.socket), user=ROLE, dbname="postgres", autocommit=True, connect_timeout=5)

    def _make(self) -> None:
        """Make the data beside its place and move it there, so that one cut short is not taken for a cluster."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = self.owner.run(
            [
                *(self.binaries.program("initdb"), "-D", str(unfinished), "-U", ROLE, "--encoding=UTF8"),
                *("--lc-collate=C", f"--lc-ctype={configuration.character_type()}", "--locale=C"),
                *("--auth=peer", "--data-checksums", "--no-instructions"),
            ],
            env={**os.environ, **self.binaries.environment},
        )
        if done.returncode != 0:
            raise StartError("PostgreSQL could not make its data folder", done.stdout + done.stderr)
        unfinished.rename(self.data)

    def _configure(self) -> None:
        users = {self.owner.name, pwd.getpwuid(os.geteuid()).pw_name}
        self._write("postgresql.conf", configuration.settings_file(self.socket))
        self._write("pg_hba.conf", configuration.access_file())
        self._write("pg_ident.conf", configuration.identity_file(users, ROLE))

    def _write(self, name: str, text: str) -> None:
        """Write as the owner: root does not follow what another user may have put into the owner's folder."""
        done = self.owner.run(["tee", str(self.data / name)], input=text)
        if done.returncode != 0:
            raise StartError(f"{self.data / name} could not be written", done.stderr)
