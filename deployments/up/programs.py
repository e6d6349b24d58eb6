"""What `darkroom up` starts: each program, what it needs first, and how it shows that it works."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from darkroom.settings import Settings
from darkroom.worker import POOL, worker_name
from deployments.errors import StartError
from deployments.postgres.cluster import Cluster
from deployments.postgres.external import prepare_server
from deployments.postgres.urls import Urls, urls_of
from deployments.prefect_env import environment, prefect_url, reached, server_environment
from deployments.up.child import Child
from deployments.warm import service

PYTHON = (sys.executable, "-m")

MIGRATE = "from darkroom.settings import settings; from db.migrate import upgrade; upgrade(settings().database_url)"

#: Straight to this machine, whatever proxy the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Step:
    """One program: `make` says how it is run, once all that it needs is ready."""

    name: str
    needs: tuple[str, ...]
    make: Callable[[], Child | None]
    #: Whether it stays; one that does not has to end well before what needs it is started.
    stays: bool = True
    #: Whether it is stopped after everything else.
    last: bool = False


class Programs:
    """The programs of one home."""

    #: The work queues of the pool that are this machine's alone.
    work_queues: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cluster = None if settings.database_url else Cluster(settings.home)
        self.urls: Urls = self.cluster.urls if self.cluster else urls_of(str(settings.database_url))
        self.environment = environment(settings, self.urls)

    def steps(self) -> list[Step]:
        """Every program, each after those that it needs."""
        return [
            Step("postgres", (), self.postgres, last=True),
            Step("databases", ("postgres",), self.databases),
            Step("backup", ("databases",), self.backup, stays=False),
            Step("migrations", ("backup",), self.migrations, stays=False),
            Step("prefect", ("backup",), self.prefect),
            Step("forkserver", (), self.forkserver),
            Step("deployments", ("prefect", "forkserver"), self.deployments, stays=False),
            Step("api", ("migrations",), self.api),
            Step("worker", ("forkserver", "migrations", "deployments"), self.worker),
        ]

    def postgres(self) -> Child | None:
        """The private cluster; nothing to run where a server was named."""
        if self.cluster is None:
            return None
        self.cluster.stop_leftover()
        return self.cluster.child()

    def databases(self) -> None:
        """Both databases, where they are not there yet."""
        if self.cluster:
            self.cluster.create_databases()
        else:
            prepare_server(self.urls)

    def backup(self) -> Child | None:
        """A backup of what an earlier version made, before anything changes it."""
        from deployments.upgrade import needs_backup  # alembic: needed now, not by `darkroom down`

        if not needs_backup(self.settings, self.urls.darkroom):
            return None
        return self._child("backup", [*PYTHON, "deployments.upgrade"], start_seconds=6 * 3600)

    def migrations(self) -> Child:
        """The tables of this version."""
        return self._child("migrations", [sys.executable, "-c", MIGRATE], start_seconds=600)

    def prefect(self) -> Child:
        """Prefect's server."""
        url = prefect_url(self.settings)
        address = ["--host", self.settings.prefect_host, "--port", str(self.settings.prefect_port)]
        return self._child(
            "prefect",
            [*PYTHON, "prefect", "server", "start", *address],
            env=server_environment(self.settings, self.urls),
            ready=lambda: answers(f"{url}/api/ready"),
            start_seconds=180,
        )

    def forkserver(self) -> Child:
        """The process that flow runs are forked from."""
        return self._child(
            "forkserver",
            service.fork_server_argv(self.settings),
            ready=lambda: service.fork_server_ready(self.settings),
        )

    def deployments(self) -> Child:
        """The work pool and the deployments of `prefect.yaml`, applied by a fork that has imported Prefect already."""
        argv = service.warm_argv(self.settings, "deployments.deploy")
        return self._child("deployments", argv, start_seconds=180)

    def worker(self) -> Child:
        """Prefect's process worker."""
        since = datetime.now(UTC)
        return self._child(
            "worker",
            service.worker_argv(self.settings, *self.work_queues),
            env={**self.environment, **service.worker_environment(self.settings)},
            ready=lambda: _worker_beats(self.environment, worker_name(self.settings), since),
        )

    def api(self) -> Child:
        """The page and the API."""
        address = ["--host", self.settings.host, "--port", str(self.settings.port)]
        return self._child(
            "api",
            [
                *PYTHON,
                *("uvicorn", "ops_api.app:app", *address, *_proxies(self.settings)),
                *("--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "3"),
            ],
            env={**self.environment, **service.deploy_environment(self.settings)},
            ready=lambda: answers(f"{page_url(self.settings, local=True)}/health"),
        )

    def check_ports(self) -> None:
        """Raise StartError, naming the setting, when somebody else listens where these programs are to."""
        wanted = (
            ("DARKROOM_PORT", self.settings.host, self.settings.port),
            ("DARKROOM_PREFECT_PORT", self.settings.prefect_host, self.settings.prefect_port),
        )
        for name, host, port in wanted:
            _check_port(name, host, port)

    def _child(
        self,
        name: str,
        argv: list[str],
        *,
        env: dict[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
        start_seconds: float = 60,
    ) -> Child:
        return Child(
            name=name,
            argv=argv,
            env=env or self.environment,
            cwd=service.CODE,
            log=self.settings.logs / f"{name}.log",
            ready=ready,
            start_seconds=start_seconds,
        )


def page_url(settings: Settings, *, local: bool = False) -> str:
    """Where the page is; `local` is the way to it from this machine when it listens on every address."""
    whole = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{reached(settings.host) if local else whole}:{settings.port}"


def _proxies(settings: Settings) -> tuple[str, ...]:
    """Whose word is taken for where a request came from, and whether over TLS."""
    if settings.trusted_proxies:
        return "--proxy-headers", "--forwarded-allow-ips", settings.trusted_proxies
    return ("--no-proxy-headers",)


def _worker_beats(environment: Mapping[str, str], name: str, since: datetime) -> bool:
    """Whether the Prefect of this environment has heard of the worker of this name since then."""
    url = f"{environment['PREFECT_API_URL']}/work_pools/{POOL}/workers/filter"
    headers = {"Content-Type": "application/json"}
    if secret := environment.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
    request = urllib.request.Request(url, data=b"{}", headers=headers)  # noqa: S310
    try:
        with DIRECT.open(request, timeout=5) as response:
            workers = json.load(response)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    beats = [worker["last_heartbeat_time"] for worker in workers if worker["name"] == name]
    return any(beat and datetime.fromisoformat(beat) > since for beat in beats)


def answers(url: str) -> bool:
    """Whether something answers there with success."""
    try:
        with DIRECT.open(url, timeout=5) as response:
            return bool(response.status == http.client.OK)
    except (OSError, http.client.HTTPException):
        return False


def _check_port(name: str, host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartError(f"{host} port {port} cannot be used ({error.strerror}): set {name} to a free one") from None
