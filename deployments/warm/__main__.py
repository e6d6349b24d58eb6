"""The fork server's process: `python -m deployments.warm SOCKET SUPERVISOR`.

It listens first and imports then, so that clients wait for a warm start instead of making a cold one. When the code
changes it becomes a new process by `exec`, which keeps its number, its children, its socket and the clients waiting.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import pkgutil
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

from deployments.warm.client import at
from deployments.warm.freshness import fingerprint
from deployments.warm.request import Request
from deployments.warm.server import BACKLOG, ForkServer, flush

log = logging.getLogger("darkroom.warm")

#: What a flow run imports beside the flows, some of it only once it runs.
MODULES = (
    "prefect.main",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.task_runners",
    "prefect_sqlalchemy",
    "sqlalchemy.dialects.postgresql.psycopg",
)


def log_to_stderr() -> None:
    """Log this package's own messages; a handler of the root logger would be the children's too."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def import_all(modules: list[str]) -> None:
    """Import each; what cannot be imported is logged, and fails where it is needed, with its own words."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:
            log.exception("Cannot import %s", module)


def flow_modules() -> list[str]:
    """Every module of the package of flows."""
    import flows

    return [f"flows.{module.name}" for module in pkgutil.iter_modules(flows.__path__)]


def effective_environment() -> dict[bytes, bytes]:
    """This process's environment as a Prefect worker passes it on: with the settings from profile and files."""
    from prefect.settings import get_current_settings

    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    return {**os.environb, **{os.fsencode(name): os.fsencode(value) for name, value in settings.items()}}


def listen(path: Path) -> socket.socket:
    """A listening socket in a folder that only this user can enter."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    at(str(path), listener.bind)
    listener.listen(BACKLOG)
    return listener


def watch(supervisor: int) -> int:
    """A descriptor that becomes readable when the process that started this one ends (`pidfd_open(2)`).

    `SystemExit` where it has ended already: by then its number may be another's.
    """
    try:
        watched = os.pidfd_open(supervisor)
    except ProcessLookupError:
        watched = -1
    if os.getppid() != supervisor:
        log.warning("Process %d, which this fork server is for, is not its parent; ending", supervisor)
        raise SystemExit(1)
    return watched


def replace(server: ForkServer) -> NoReturn:
    """Become a new process with the same children and the same socket."""
    listener, runs = server.listener.fileno(), []
    os.set_inheritable(listener, True)
    for pid, connection in server.runs.items():
        if connection is not None:
            os.set_inheritable(connection.fileno(), True)
            runs.append(f"{pid}:{connection.fileno()}")
    flush()
    command = [sys.executable, "-m", "deployments.warm", *sys.argv[1:3], "--adopt", str(listener), *runs]
    os.execv(sys.executable, command)  # noqa: S606 -- this very program, no words from outside


def adopt(descriptor: str) -> socket.socket:
    """A socket that this process had before it was replaced."""
    adopted = socket.socket(fileno=int(descriptor))
    adopted.set_inheritable(False)
    return adopted


def refresh() -> None:
    """In the child: what was read from the server's environment and may differ in the client's is read again.

    Prefect's settings and its loggers are the same: a client whose own differ was told to start cold
    (`freshness.differences`), and reading them anew costs a tenth of a flow run.
    """
    import darkroom.settings

    darkroom.settings.settings.cache_clear()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def serve(arguments: argparse.Namespace) -> Request:
    """Import, then serve; returns in each child."""
    supervisor = watch(arguments.supervisor)
    given, *running = arguments.adopt or [None]
    listener = adopt(given) if given else listen(arguments.socket)
    runs = {int(pid): adopt(fd) for pid, fd in (run.split(":") for run in running)}
    began = time.time_ns()
    import_all([*MODULES, *flow_modules()])
    gc.collect()
    gc.freeze()
    server = ForkServer(listener, effective_environment(), fingerprint(began), supervisor, replace, dict(runs))
    log.info("Ready to fork at %s", arguments.socket)
    return server.serve()


def main() -> None:
    """Serve the socket named on the command line; in a child, run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m deployments.warm", description=__doc__)
    parser.add_argument("socket", type=Path, help="where to listen")
    parser.add_argument("supervisor", type=int, help="the number of the process that starts this one, and ends it too")
    parser.add_argument(
        "--adopt", nargs="+", metavar="DESCRIPTOR", help="what to take over: the socket, then PID:CLIENT"
    )
    log_to_stderr()
    request = serve(parser.parse_args())
    request.take_over()
    refresh()
    request.run()


if __name__ == "__main__":
    main()
