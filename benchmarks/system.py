"""A whole Darkroom of its own for a benchmark, as `darkroom up` starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from benchmarks import usage
from deployments.postgres.cluster import Cluster
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
        page = next(iter(darkroom.named("ops_api.app:app")))
        self.supervisor = page.ppid()

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

    def scan(self, folder: Path) -> dict[str, Any]:
        """Scan a folder as a person does, until everything is done; what came of it."""
        command = self.darkroom.command("scan", str(folder), "--wait", "--json")
        done = subprocess.run(
            command, env=self.darkroom.environment, check=True, stdout=subprocess.PIPE, timeout=PATIENCE
        )
        return dict(json.loads(done.stdout))

    def is_quiet(self) -> bool:
        """Whether no flow run is at work or waits to be, and Prefect has written down how each task run ended."""
        busy = {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
        return not any(self.darkroom.prefect(f"{kind}_runs/count", {f"{kind}_runs": busy}) for kind in ("flow", "task"))

    def change(self, statement: str, *values: object) -> None:
        """Change something in the ledger behind everybody's back."""
        with psycopg.connect(Cluster(self.darkroom.home).urls.darkroom.replace("+psycopg", "")) as connection:
            connection.execute(statement, values)  # type: ignore[arg-type]


@contextmanager
def a_system() -> Iterator[System]:
    """A Darkroom that has started, and is gone afterwards."""
    with a_darkroom() as darkroom:
        up = darkroom.command("up", "--detach")
        subprocess.run(
            up,
            env=darkroom.environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
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
