"""A real Prefect server on the tests' PostgreSQL, and a real worker, as processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from deployments.prefect_env import SERVER
from tests.integration.warm.fork_server import CHECKOUT
from tests.waiting import until


@contextmanager
def fresh_database(server: URL) -> Iterator[str]:
    """An empty database, as Prefect's server wants its address."""
    name = f"prefect_{uuid.uuid4().hex[:12]}"
    admin = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def environment(home: Path, port: int) -> dict[str, str]:
    """What makes a process use that server."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return own | {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1",
    }


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(log: Path, *argv: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs meanwhile, in a session of its own."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            argv, cwd=CHECKOUT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def prefect_server(database: str, folder: Path) -> Iterator[dict[str, str]]:
    """A Prefect server; yields the environment of its clients."""
    port = free_port()
    clients = environment(folder / "home", port)
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    own = clients | SERVER | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database}
    log = folder / "server.log"

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            return httpx.get(f"{clients['PREFECT_API_URL']}/ready", timeout=30).status_code == 200
        except httpx.TransportError:
            return False

    with process(log, *argv, **own) as server:
        until(answers, "Prefect's server answers", 120)
        yield clients


class Api:
    """What a test asks of Prefect, over HTTP."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url + "/", timeout=60)

    def get(self, path: str) -> dict[str, object]:
        """Read something."""
        return self.client.get(path).raise_for_status().json()

    def post(self, path: str, **body: object) -> dict[str, object]:
        """Make or search something."""
        return self.client.post(path, json=body).raise_for_status().json()

    def run(self, name: str, **parameters: object) -> str:
        """Start a deployment as `prefect deployment run` does; the id of its flow run."""
        deployment = self.get(f"deployments/name/{name}/{name}")
        state = {"type": "SCHEDULED"}
        made = self.post(f"deployments/{deployment['id']}/create_flow_run", parameters=parameters, state=state)
        return str(made["id"])

    def state(self, run: str) -> str:
        """The type of a flow run's state."""
        return str(self.get(f"flow_runs/{run}")["state_type"])

    def delete_runs(self) -> None:
        """Have it forget every flow run."""
        for run in self.post("flow_runs/filter"):
            self.client.delete(f"flow_runs/{run['id']}")
