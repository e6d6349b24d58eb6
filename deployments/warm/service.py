"""How the fork server and Prefect's worker are started: command lines, readiness, the worker's environment.

The work pool's command and directory are read from the worker's own environment (`deployments/deploy.py`), because each
machine has its own: a worker that was started without them starts its flows the ordinary way.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from darkroom.settings import Settings
from darkroom.worker import POOL, worker_name
from deployments.warm import client

#: The checkout, or the folder the packages are installed in: the fork server and the flows run here.
CODE = Path(__file__).resolve().parents[2]
#: The work queue of the pool that Prefect makes with it: its runs are for whichever machine comes first.
EVERY_MACHINE = "default"
#: Read by the work pool on each worker's machine.
COMMAND = "DARKROOM_WORKER_COMMAND"
DIRECTORY = "DARKROOM_WORKER_DIRECTORY"
#: Read by ops_api: what to run where Prefect has lost its deployments.
DEPLOY = "DARKROOM_DEPLOY_COMMAND"
#: More flow runs at once than there are queues, few enough that a fault does not fill the memory.
LIMIT = 40
#: Seconds. Asking costs Prefect's server some 10 ms of processor time, and what Darkroom asks for is taken up at once;
#: a worker is offline after three silent beats.
QUERY_SECONDS = 2
HEARTBEAT_SECONDS = 10


def socket_path(settings: Settings) -> Path:
    """Where the fork server of this home listens."""
    return settings.run.absolute() / "forkserver.sock"


def fork_server_argv(settings: Settings) -> list[str]:
    """The fork server, as a child of this process; it ends with it.

    It listens at once and answers when it has imported everything, some seconds later.
    """
    return [sys.executable, "-m", "deployments.warm", str(socket_path(settings)), str(os.getpid())]


def fork_server_ready(settings: Settings) -> bool:
    """Whether the fork server listens."""
    try:
        client.connect(str(socket_path(settings))).close()
    except OSError:
        return False
    return True


def warm_argv(settings: Settings, module: str, *arguments: str) -> list[str]:
    """`python -m module`, forked from the fork server; cold where there is none."""
    return [sys.executable, "-I", "-S", client.__file__, str(socket_path(settings)), module, *arguments]


def worker_argv(settings: Settings, *work_queues: str) -> list[str]:
    """Prefect's process worker on these queues of the work pool beside the one for every machine."""
    name, queues = worker_name(settings), (EVERY_MACHINE, *work_queues)
    return [sys.executable, "-m", "deployments.warm.worker", POOL, name, str(LIMIT), *queues]


def worker_environment(settings: Settings) -> dict[str, str]:
    """What the worker has in its environment beside what the fork server has too."""
    return {
        COMMAND: shlex.join(warm_argv(settings, "flows.main")),
        DIRECTORY: str(CODE),
        "PREFECT_WORKER_QUERY_SECONDS": str(QUERY_SECONDS),
        "PREFECT_WORKER_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
    }


def deploy_environment(settings: Settings) -> dict[str, str]:
    """How whoever finds that Prefect has lost its deployments makes them anew."""
    return {DEPLOY: shlex.join(warm_argv(settings, "deployments.deploy"))}
