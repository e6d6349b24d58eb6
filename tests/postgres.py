"""A real PostgreSQL for tests: one throwaway cluster a session, one fresh database a test.

`DARKROOM_TEST_DATABASE_URL` names a server to use instead; its user must be allowed to create databases.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url

from db.migrate import upgrade
from deployments.postgres import binaries

#: Durability is what a test does not need.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    # a log that is kept small, and no copies of it: it may lie in memory
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "timezone": "UTC",
}

#: A database is 700 small files: made and dropped in 0.03 s of processor in memory, in 0.1 to 0.35 s on a disk.
MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
PREFIX = "darkroom-pg-"
#: Seconds in which a cluster is made in a folder, by processes that come and go, and its server is started.
NEW = 600


def _place() -> Path | None:
    """Where a cluster's folder is made: in memory where there is room, else where temporary files are."""
    for left in MEMORY.glob(f"{PREFIX}*"):
        if not _is_at_work(left):
            shutil.rmtree(left, ignore_errors=True)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return None


def _is_at_work(folder: Path) -> bool:
    """Whether a server runs in it, or it is so new that one may be about to. A run that is killed cannot tidy up."""
    with suppress(OSError):
        if time.time() - folder.stat().st_mtime < NEW:
            return True
    with suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data/postmaster.pid").read_text().split()[0])
        return Path(f"/proc/{pid}").exists()
    return False


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root; the arguments of `subprocess` that make it somebody else."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    person = names.get("postgres") or names["nobody"]
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _ends_with_us() -> list[str]:
    """In front of the server's command where the system can: it stops when the test process dies, however it dies."""
    return ["setpriv", "--pdeathsig", "INT", "--"] if shutil.which("setpriv") else []


def _wait_until_ready(server: subprocess.Popen[bytes], url: URL, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(_conninfo(url)).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.exit(f"PostgreSQL did not start:\n{log.read_text()}", returncode=1)
            time.sleep(0.02)
        else:
            return


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _admin(url: URL, statement: str, name: str) -> None:
    with psycopg.connect(_conninfo(url), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def run_cluster(folder: Path) -> Iterator[URL]:
    """A server in this folder that runs until the iteration ends."""
    programs, who = binaries.find(), _unprivileged()
    environment = {**os.environ, **programs.environment}
    if who:
        os.chown(folder, who["user"], who["group"])
    bin_folder = programs.folder
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=environment,
        **who,
    )
    settings = [f"--{name}={value}" for name, value in OPTIONS.items()]
    command = [*_ends_with_us(), bin_folder / "postgres", "-D", data, "-k", folder, *settings]
    url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)})
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, cwd="/", env=environment, start_new_session=True, **who
        )
    try:
        _wait_until_ready(server, url, log)
        yield url
    finally:
        server.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
        server.wait(60)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A running server, as the URL of a database from which others can be created."""
    if given := os.environ.get("DARKROOM_TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    # Not pytest's own temporary folder: its path may be too long for a socket, and root's is closed to others.
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=_place()) as folder:
        yield from run_cluster(Path(folder))


@pytest.fixture(scope="session")
def template_database(postgres_server: URL) -> Iterator[str]:
    """The name of a database as the migrations make it."""
    name = f"darkroom_test_{uuid.uuid4().hex[:12]}"
    _admin(postgres_server, "CREATE DATABASE {}", name)
    upgrade(postgres_server.set(database=name).render_as_string(hide_password=False))
    yield name
    _admin(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


def _copy(url: URL, template: str, name: str) -> None:
    """A new database like another."""
    with psycopg.connect(_conninfo(url), autocommit=True) as connection:
        # From 15 on a copy goes through the log unless told otherwise, which takes twice as long.
        how = "STRATEGY file_copy" if connection.info.server_version >= 150000 else ""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} " + how)
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


@pytest.fixture
def database(postgres_server: URL, template_database: str) -> Iterator[str]:
    """A fresh database with every table, as a SQLAlchemy URL."""
    name = f"{template_database}_{uuid.uuid4().hex[:8]}"
    _copy(postgres_server, template_database, name)
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    _admin(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on that fresh database."""
    engine = create_engine(database)
    yield engine
    engine.dispose()
