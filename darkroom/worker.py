"""What Prefect's worker leaves of itself on the flow runs that it takes: its name, and which process is whose."""

from __future__ import annotations

import socket

import psutil

from darkroom.settings import Settings

#: The work pool of every machine's worker.
POOL = "darkroom"
#: What the worker labels a run with that it takes, and tells the run's process which run it is for.
TAKEN_BY = "prefect.worker.name"
RUN = "PREFECT__FLOW_RUN_ID"


def worker_name(settings: Settings) -> str:
    """The name of this machine's worker, the same after a restart."""
    return settings.worker_name or f"{POOL}-{socket.gethostname()}"


def has_process(flow_run: str, pid: int) -> bool:
    """Whether this process of this machine is the flow run's, and not another that has got its number since.

    One of another user, who alone may look into it, counts as the flow run's.
    """
    try:
        return psutil.Process(pid).environ().get(RUN) == flow_run
    except psutil.AccessDenied:
        return True
    except psutil.NoSuchProcess:
        return False


def flow_runs_here() -> set[str]:
    """The flow runs that have a process on this machine."""
    found: set[str] = set()
    for process in psutil.process_iter():
        try:
            found.add(process.environ().get(RUN, ""))
        except (psutil.Error, OSError):
            continue
    return found
