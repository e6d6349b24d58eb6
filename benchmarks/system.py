"""A whole Darkroom of its own for a benchmark, as `darkroom up` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import usage
from deployments.warm.service import CODE
from tests.acceptance.system import Darkroom, a_darkroom

T = TypeVar("T")

#: Seconds that Prefect may take to write down what it was told.
PATIENCE = 900.0

_DEPLOY = (
    "import sys; from pathlib import Path; from deployments.deploy import deploy_all; deploy_all(Path(sys.argv[1]))"
)


class System:
    """A running Darkroom, and what it has cost so far."""

    def __init__(self, darkroom: Darkroom) -> None:
        self.darkroom = darkroom
        fork_server = next(iter(darkroom.named("deployments.warm")))
        self.supervisor = fork_server.ppid()

    def used(self) -> Counter[str]:
        """CPU seconds so far by program."""
        return usage.by_program(self.supervisor)

    def deploy(self, file: Path) -> None:
        """Apply a file like `prefect.yaml` to its Prefect."""
        url = f"http://127.0.0.1:{self.darkroom.prefect_port}/api"
        environment = {**os.environ, "PREFECT_API_URL": url, "PREFECT_HOME": str(self.darkroom.home / "prefect")}
        subprocess.run([sys.executable, "-c", _DEPLOY, file], env=environment, cwd=CODE, check=True)

    def start(self, deployment: str, **parameters: Any) -> str:
        """A flow run of a deployment; its id."""
        found = self.darkroom.prefect(f"deployments/name/{deployment}/{deployment}")
        run = self.darkroom.prefect(
            f"deployments/{found['id']}/create_flow_run", {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        )
        return str(run["id"])

    def ended(self, flow_run: str) -> bool:
        """Whether a flow run has completed.

        Raises:
            RuntimeError: it failed.
        """
        state = self.darkroom.prefect(f"flow_runs/{flow_run}")["state"]
        if state["type"] in {"FAILED", "CRASHED", "CANCELLED"}:
            raise RuntimeError(f"The flow run ended as {state['name']}: {state['message']}")
        return bool(state["type"] == "COMPLETED")

    def unrecorded(self, flow_run: str) -> int:
        """How many of its task runs have not ended yet, as far as Prefect has written down what it was told."""
        open_states = {"any_": ["PENDING", "RUNNING", "SCHEDULED"]}
        wanted = {"flow_runs": {"id": {"any_": [flow_run]}}, "task_runs": {"state": {"type": open_states}}}
        return int(self.darkroom.prefect("task_runs/count", wanted))


@contextmanager
def a_system() -> Iterator[System]:
    """A Darkroom that has started, and is gone afterwards."""
    with a_darkroom() as darkroom:
        up = darkroom.run("up", "--detach")
        if up.returncode:
            raise RuntimeError(up.stderr)
        yield System(darkroom)


def wait(condition: Callable[[], T], seconds: float = PATIENCE, every: float = 0.1) -> T:
    """Until the condition holds; what it then says.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while not (said := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s in vain")
        time.sleep(every)
    return said
