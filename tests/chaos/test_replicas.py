"""Prefect's server in two replicas behind one address, with Redis between them, as docs/scale.md sets them up."""

from __future__ import annotations

import itertools
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import text

from deployments import deploy
from deployments.prefect_env import SERVER
from tests.integration.warm.fork_server import CHECKOUT
from tests.integration.warm.prefect_server import Api, environment, free_port, fresh_database, process
from tests.peers.processes import listens, need
from tests.waiting import until

PREFECT = (sys.executable, "-m", "prefect")
QUEUE = "retry_missing_torrents"

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def by_redis(port):
    """What all of Prefect's servers have in their environment, so that they are one."""
    return {
        "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_REDIS_MESSAGING_HOST": "127.0.0.1",
        "PREFECT_REDIS_MESSAGING_PORT": str(port),
        "PREFECT_REDIS_MESSAGING_DB": "0",
        "PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{port}/1",
        "PREFECT_SERVER_DOCKET_NAME": "darkroom",
        "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    }


class OneAddress:
    """What stands in front of the replicas: each connection goes to the next of them that accepts it."""

    def __init__(self, ports):
        self._next = itertools.cycle(ports)
        self._tries = len(ports)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        #: How many connections each replica has taken.
        self.taken = dict.fromkeys(ports, 0)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller):
        with caller, suppress(OSError), self._connected() as replica:
            back = threading.Thread(target=carry, args=(replica, caller), daemon=True)
            back.start()
            carry(caller, replica)
            back.join()

    def _connected(self):
        for port in itertools.islice(self._next, self._tries):
            with suppress(OSError):
                replica = socket.create_connection(("127.0.0.1", port), 5)
                replica.settimeout(None)
                self.taken[port] += 1
                return replica
        raise ConnectionRefusedError

    def close(self):
        self._listening.close()


def carry(here, there):
    """All that one says to the other, until either of them ends it."""
    with suppress(OSError):
        while some := here.recv(1 << 16):
            there.sendall(some)
    for each in (here, there):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def replicas(postgres_server, tmp_path):
    """The processes of two replicas, their one address, and the environment of whoever asks them."""
    need("redis-server")
    pytest.importorskip("prefect_redis")
    with ExitStack() as stack:
        redis, ports = free_port(), (free_port(), free_port())
        quiet = f"--bind 127.0.0.1 --port {redis} --appendonly no --dir {tmp_path} --save".split()
        stack.enter_context(process(tmp_path / "redis.log", "redis-server", *quiet, ""))
        until(lambda: listens(redis), "Redis listens")
        database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": stack.enter_context(fresh_database(postgres_server))}
        front = OneAddress(ports)
        stack.callback(front.close)
        clients = environment(tmp_path / "home", front.port)
        servers = clients | SERVER | database | by_redis(redis)
        subprocess.run([*PREFECT, "server", "database", "upgrade", "-y"], cwd=CHECKOUT, env=servers, check=True)
        started = []
        for port in ports:
            # one after another: both at once would fill the empty database with the same rows
            command = (*PREFECT, "server", "start", "--no-services", "--host", "127.0.0.1", "--port", str(port))
            started.append(stack.enter_context(process(tmp_path / f"replica-{port}.log", *command, **servers)))
            until(lambda port=port: answers(port), f"the replica on {port} answers", seconds=120)
        stack.enter_context(process(tmp_path / "services.log", *PREFECT, "server", "services", "start", **servers))
        yield started, front, clients


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/ready", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def worker(replicas, database, tmp_path):
    """A worker that asks both by their one address, and what it works off."""
    _, _, clients = replicas
    with temporary_settings({PREFECT_API_URL: clients["PREFECT_API_URL"]}):
        deploy.deploy_all()
    own = {"DARKROOM_DATABASE_URL": database, "DARKROOM_HOME": str(tmp_path / "darkroom")}
    start = (*PREFECT, "worker", "start", "--pool", "darkroom", "--type", "process")
    with process(tmp_path / "worker.log", *start, **(clients | own)) as working:
        yield working


def test_a_flow_runs_and_work_goes_on_when_one_of_two_replicas_is_killed(replicas, worker, engine):
    (first, _), front, clients = replicas
    api = Api(clients["PREFECT_API_URL"])

    def told(run):
        ended = {"resource": {"id": [f"prefect.flow-run.{run}"]}, "event": {"name": ["prefect.flow-run.Completed"]}}
        return api.post("events/filter", filter=ended)["total"] == 1

    run = api.run(QUEUE)
    until(lambda: api.state(run) == "COMPLETED", "a flow has run", seconds=180)
    until(lambda: told(run), "its end is known as an event, which came by Redis", seconds=60)
    assert all(front.taken.values())

    run = api.run(QUEUE)
    until(lambda: api.state(run) in {"PENDING", "RUNNING"}, "another has begun", seconds=120)
    first.send_signal(signal.SIGKILL)
    first.wait(60)
    api.client.close()
    api = Api(clients["PREFECT_API_URL"])
    until(lambda: api.state(run) == "COMPLETED", "it has ended all the same", seconds=180)
    until(lambda: told(run), "its end is known as well", seconds=60)
    run = api.run(QUEUE)
    until(lambda: api.state(run) == "COMPLETED", "and the next has run", seconds=180)
    api.client.close()
    with engine.connect() as conn:
        jobs = conn.execute(text(f"SELECT status FROM job_runs WHERE queue_name = '{QUEUE}'")).scalars().all()
    assert jobs == ["completed"] * 3
