"""`prefect.yaml` applied to a real Prefect server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments import deploy
from tests.integration.warm.fork_server import CHECKOUT
from tests.integration.warm.prefect_server import Api

YAML = """
name: darkroom
pull: []
deployments:
  - name: measured
    entrypoint: demo.measured
    work_pool: {name: darkroom}
  - name: held
    entrypoint: demo.held
    work_pool: {name: darkroom}
    schedules:
      - {slug: every-hour, interval: 3600}
"""


@pytest.fixture
def file(tmp_path: Path, prefect: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of two deployments; what the test does in this process goes to the test's Prefect server."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    path = tmp_path / "prefect.yaml"
    path.write_text(YAML)
    with temporary_settings({PREFECT_API_URL: prefect["PREFECT_API_URL"]}):
        yield path


@pytest.fixture
def applied(file: Path, api: Api) -> Path:
    """The same file, newly applied to a server that had nothing of it."""
    for entry in api.post("deployments/filter"):
        api.client.delete(f"deployments/{entry['id']}").raise_for_status()
    deploy.deploy_all(file)
    return file


def test_every_deployment_is_made_once_and_then_left_alone(applied: Path, api: Api):
    for entry in api.post("deployments/filter"):
        api.client.delete(f"deployments/{entry['id']}").raise_for_status()
    assert deploy.deploy_all(applied) == deploy.Deployed(created=["measured", "held"])
    before = api.get("deployments/name/measured/measured")
    assert deploy.deploy_all(applied) == deploy.Deployed(unchanged=["measured", "held"])
    assert api.get("deployments/name/measured/measured") == before
    assert before["work_pool_name"] == "darkroom"
    assert before["pull_steps"] == []
    assert before["parameter_openapi_schema"]["required"] == ["out"]


def test_what_the_file_says_anew_reaches_the_server(applied: Path, api: Api):
    applied.write_text(YAML.replace("entrypoint: demo.measured", "entrypoint: demo.measured\n    tags: [new]"))
    assert deploy.deploy_all(applied) == deploy.Deployed(updated=["measured"], unchanged=["held"])
    assert api.get("deployments/name/measured/measured")["tags"] == ["new"]


def test_a_schedule_that_a_person_changed_and_paused_stays_so(applied: Path, api: Api):
    held = api.get("deployments/name/held/held")
    (schedule,) = held["schedules"]
    assert schedule["schedule"]["interval"] == 3600
    changed = {"active": False, "schedule": {"interval": 120}, "parameters": {}}
    api.client.patch(f"deployments/{held['id']}/schedules/{schedule['id']}", json=changed).raise_for_status()
    applied.write_text(YAML.replace("entrypoint: demo.held", "entrypoint: demo.held\n    tags: [new]"))
    assert deploy.deploy_all(applied).updated == ["held"]
    (schedule,) = api.get("deployments/name/held/held")["schedules"]
    assert (schedule["active"], schedule["schedule"]["interval"]) == (False, 120)


def test_plain_prefect_deploy_makes_the_same_deployments(applied: Path, api: Api, prefect: dict[str, str]):
    quick = {name: api.get(f"deployments/name/{name}/{name}") for name in ("measured", "held")}
    subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(applied)],
        env=prefect | {"PYTHONPATH": f"{Path(__file__).parent}:{CHECKOUT}"},
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    plain = {name: api.get(f"deployments/name/{name}/{name}") for name in ("measured", "held")}
    same = ("id", "entrypoint", "work_pool_name", "pull_steps", "path", "parameter_openapi_schema", "job_variables")
    for name in quick:
        assert {key: plain[name][key] for key in same} == {key: quick[name][key] for key in same}
    assert deploy.deploy_all(applied) == deploy.Deployed(unchanged=["measured", "held"])


def test_the_pool_keeps_what_a_person_set_in_it(applied: Path, api: Api):
    pool = api.get("work_pools/darkroom")
    template = pool["base_job_template"]
    assert template["job_configuration"]["command"] == "{{ $DARKROOM_WORKER_COMMAND }}"
    template["variables"]["properties"]["env"]["default"] = {"CHOSEN": "by a person"}
    template["job_configuration"]["command"] = "{{ command }}"
    template["variables"]["properties"]["command"] = {"type": "string"}
    api.client.patch("work_pools/darkroom", json={"base_job_template": template}).raise_for_status()
    deploy.deploy_all(applied)
    template = api.get("work_pools/darkroom")["base_job_template"]
    assert template["job_configuration"]["command"] == "{{ $DARKROOM_WORKER_COMMAND }}"
    assert template["variables"]["properties"]["env"]["default"] == {"CHOSEN": "by a person"}


def test_the_block_gives_other_machines_the_ledgers_address(file: Path, database: str):
    deploy.deploy_all(file, database_url=database)
    deploy.deploy_all(file, database_url=database)
    from prefect_sqlalchemy import SqlAlchemyConnector

    with SqlAlchemyConnector.load("darkroom") as connector:
        assert connector.fetch_one("SELECT count(*) FROM job_runs") == (0,)
