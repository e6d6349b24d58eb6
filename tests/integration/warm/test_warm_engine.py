"""Flow runs through a real Prefect server, a real worker and the fork server."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from darkroom.settings import Settings
from darkroom.worker import TAKEN_BY, has_process, worker_name
from deployments.warm import service
from ops_api.prefect import Live, Prefect
from tests.integration.warm.fork_server import Served, serve
from tests.integration.warm.prefect_server import Api, process
from tests.waiting import running, until

HERE = Path(__file__).parent
YAML = """
pull: []
deployments:
  - {name: measured, entrypoint: demo.measured, work_pool: {name: darkroom}}
  - {name: held, entrypoint: demo.held, work_pool: {name: darkroom}}
"""


@dataclass
class System:
    """A worker and the fork server that it uses."""

    api: Api
    served: Served
    worker_log: Path
    #: A run that an earlier worker of the same name took and never began, and what it writes to.
    left: tuple[str, Path]

    def hold(self, out: Path) -> tuple[str, int, int]:
        """Start the flow that waits for a child: its run, its process, its child."""
        run = self.api.run("held", out=str(out))
        until(lambda: out.exists() and out.read_text().endswith("\n"), "the flow waits for its child")
        until(lambda: self.api.state(run) == "RUNNING", "Prefect knows that it runs")
        return run, *map(int, out.read_text().split())

    def taken(self, run: str) -> tuple[str | None, int]:
        """Which worker took a run, and the process that this one started for it, as ops_api reads that of Prefect."""
        with contextlib.closing(Prefect(str(self.api.client.base_url).rstrip("/"))) as prefect:
            known: list[Live] = []

            def said() -> bool:
                known[:] = [live for live in prefect.live({"held"}) if live.id == run and live.process]
                return bool(known)

            until(said, "the worker says which process it started")
        return known[0].worker, known[0].process or 0


@pytest.fixture(scope="module")
def system(prefect: dict[str, str]) -> Iterator[System]:
    """What `darkroom up` starts for flows: fork server, deployments, worker."""
    with tempfile.TemporaryDirectory(prefix="darkroom-warm-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        settings = Settings(home=folder)
        served = serve(folder, **prefect, DARKROOM_HOME=name)
        stack.callback(served.end)
        (folder / "prefect.yaml").write_text(YAML)
        made = served.run("deploy_demo", str(folder / "prefect.yaml"))
        assert made.returncode == 0, made.stderr
        log = folder / "worker.log"
        environment = served.environment | service.worker_environment(settings) | {"PYTHONUNBUFFERED": "1"}
        environment[service.COMMAND] = environment[service.COMMAND].replace(
            str(service.socket_path(settings)), str(served.socket)
        )
        api = Api(prefect["PREFECT_API_URL"])
        stack.callback(api.client.close)
        left = taken(api, worker_name(Settings()), folder / "left")
        stack.enter_context(process(log, *service.worker_argv(Settings()), **environment))
        until(lambda: "started!" in log.read_text(), "the worker polls")
        yield System(api, served, log, left)


def taken(api: Api, worker: str, out: Path) -> tuple[str, Path]:
    run = api.run("measured", out=str(out))
    api.post(f"flow_runs/{run}/set_state", state={"type": "PENDING"}, force=True)
    api.client.patch(f"flow_runs/{run}/labels", json={TAKEN_BY: worker}).raise_for_status()
    return run, out


def test_what_the_last_worker_took_and_never_began_is_run_by_the_next(system: System):
    run, out = system.left
    until(lambda: system.api.state(run) == "COMPLETED", "the run completes")
    assert out.exists()


def test_a_flow_starts_in_a_fork_of_the_server(system: System, tmp_path: Path):
    out = tmp_path / "out"
    run = system.api.run("measured", out=str(out))
    until(lambda: system.api.state(run) == "COMPLETED", "the run completes")
    _, _, parent = map(float, out.read_text().split())
    assert parent == system.served.process.pid
    assert "without the fork server" not in system.worker_log.read_text()


def test_cancelling_a_run_in_prefect_ends_its_children_and_leaves_it_cancelled(system: System, tmp_path: Path):
    run, leader, child = system.hold(tmp_path / "out")
    system.api.post(f"flow_runs/{run}/set_state", state={"type": "CANCELLING"}, force=False)
    until(lambda: not running(child), "the child is gone", 5)
    until(lambda: not running(leader), "the flow's process is gone", 10)
    until(lambda: system.api.state(run) == "CANCELLED", "Prefect says cancelled", 20)


def test_killing_the_process_that_prefect_knows_a_run_by_crashes_the_run_and_ends_its_children(
    system: System, tmp_path: Path
):
    run, leader, child = system.hold(tmp_path / "out")
    worker, client = system.taken(run)
    assert worker == worker_name(Settings())
    assert has_process(run, client)
    os.kill(client, signal.SIGKILL)
    until(lambda: not has_process(run, client), "it is gone", 5)
    until(lambda: not running(child) and not running(leader), "child and flow are gone", 5)
    until(lambda: system.api.state(run) == "CRASHED", "Prefect says crashed", 10)


def test_killing_the_flow_crashes_the_run_and_ends_its_children(system: System, tmp_path: Path):
    run, leader, child = system.hold(tmp_path / "out")
    os.kill(leader, signal.SIGKILL)
    until(lambda: not running(child), "the child is gone", 5)
    until(lambda: system.api.state(run) == "CRASHED", "Prefect says crashed", 10)


def test_killing_the_fork_server_crashes_the_run_and_the_next_one_starts_cold(system: System, tmp_path: Path):
    run, leader, child = system.hold(tmp_path / "out")
    system.served.process.kill()
    until(lambda: not running(child) and not running(leader), "child and flow are gone", 5)
    until(lambda: system.api.state(run) == "CRASHED", "Prefect says crashed", 10)
    out = tmp_path / "cold"
    run = system.api.run("measured", out=str(out))
    until(lambda: system.api.state(run) == "COMPLETED", "the run completes")
    parent = float(out.read_text().split()[2])
    assert parent != system.served.process.pid
    assert "without the fork server" in system.worker_log.read_text()
