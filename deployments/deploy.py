"""Applies `prefect.yaml` to a Prefect server: the work pool, the deployments, the block with the ledger's address.

What `prefect --no-prompt deploy --all` does in some 20 s, in one process and only where the server has something else.
Schedules are made with their deployment and then belong to whoever changes or pauses them in Prefect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.workers.process import ProcessWorker
from prefect_sqlalchemy import SqlAlchemyConnector
from sqlalchemy.engine import make_url

from darkroom.settings import settings
from darkroom.worker import POOL
from db.engine import BLOCK
from deployments.warm.service import CODE, COMMAND, DIRECTORY

log = logging.getLogger("darkroom.deploy")

FILE = CODE / "prefect.yaml"

#: What each worker's machine says for itself; a machine that says nothing starts `python -m prefect.engine`.
MACHINE = {
    "command": (
        COMMAND,
        "Command",
        "How the machine of the worker starts a flow run; set in the worker's environment.",
    ),
    "working_dir": (DIRECTORY, "Directory", "Where it starts it; set in the worker's environment."),
}


@dataclass
class Deployed:
    """What was done: the names of the deployments made, changed, and left as they were."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.created)} made, {len(self.updated)} changed, {len(self.unchanged)} as they were"


def deploy_all(file: Path = FILE, database_url: str | None = None) -> Deployed:
    """Make the Prefect server of this process's settings agree with the file.

    The block is written where a URL is given. Raises what Prefect's client raises where the server does not answer.
    """
    if database_url:
        save_block(database_url)
    return asyncio.run(_deploy(yaml.safe_load(file.read_text())["deployments"]))


def save_block(database_url: str) -> None:
    """Keep the ledger's address in Prefect, as prefect-sqlalchemy wants it."""
    url = make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    SqlAlchemyConnector(connection_info=url).save(BLOCK, overwrite=True)


async def _deploy(entries: list[dict[str, Any]]) -> Deployed:
    done = Deployed()
    async with get_client() as client:
        await _pool(client)
        present = await _present(client, [entry["name"] for entry in entries])
    for entry in entries:
        wanted = _deployment(entry)
        found = present.get(wanted.name)
        if found is None:
            await wanted.aapply(schedules=[_schedule(schedule) for schedule in entry.get("schedules", ())])
            done.created.append(wanted.name)
        elif _facts(found) != _facts(wanted):
            await wanted.aapply()
            done.updated.append(wanted.name)
        else:
            done.unchanged.append(wanted.name)
    return done


async def _present(client: PrefectClient, names: list[str]) -> dict[str, DeploymentResponse]:
    named = DeploymentFilter(name=DeploymentFilterName(any_=names))
    return {deployment.name: deployment for deployment in await client.read_deployments(deployment_filter=named)}


def _deployment(entry: Mapping[str, Any]) -> RunnerDeployment:
    """The deployment that Prefect's own command would make of this entry."""
    flow: Any = load_flow_from_entrypoint(entry["entrypoint"])
    deployment = RunnerDeployment(
        name=entry["name"],
        flow_name=flow.name,
        entrypoint=entry["entrypoint"],
        work_pool_name=entry["work_pool"]["name"],
        parameters=entry.get("parameters", {}),
        tags=entry.get("tags", []),
        description=entry.get("description"),
    )
    deployment._set_defaults_from_flow(flow)
    return deployment


def _facts(deployment: RunnerDeployment | DeploymentResponse) -> dict[str, Any]:
    """What decides how a deployment runs and is shown, in a form that can be compared.

    Not its version: in a clone Prefect puts the commit there, which would make every start a change.
    """
    if isinstance(deployment, RunnerDeployment):
        schema = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    else:
        schema = deployment.parameter_openapi_schema or {}
    same = ("name", "entrypoint", "work_pool_name", "parameters", "description", "job_variables")
    return {name: getattr(deployment, name) for name in same} | {"schema": schema, "tags": sorted(deployment.tags)}


def _schedule(entry: Mapping[str, Any]) -> dict[str, Any]:
    """By the clock of Greenwich, where it is said in cron: what is meant by a day is the same on every machine."""
    schedule: SCHEDULE_TYPES = (
        CronSchedule(cron=entry["cron"], timezone="UTC")
        if "cron" in entry
        else IntervalSchedule(interval=timedelta(seconds=entry["interval"]))
    )
    return {"schedule": schedule, "slug": entry["slug"], "active": entry.get("active", True)}


async def _pool(client: PrefectClient) -> None:
    """The work pool; of one that is there, only what makes the warm start is set."""
    try:
        pool = await client.read_work_pool(POOL)
    except ObjectNotFound:
        template = _template(ProcessWorker.get_default_base_job_template())
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
        return
    template = _template(pool.base_job_template or ProcessWorker.get_default_base_job_template())
    if template != pool.base_job_template:
        await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


def _template(template: dict[str, Any]) -> dict[str, Any]:
    """A base job template whose command and directory come from the environment of the worker that reads it."""
    template = deepcopy(template)
    for variable, (environment, title, description) in MACHINE.items():
        template["job_configuration"][variable] = f"{{{{ ${environment} }}}}"
        properties = template["variables"]["properties"]
        properties.pop(variable, None)
        properties[f"${environment}"] = {"type": "string", "title": title, "description": description}
    return template


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("Deployments: %s", deploy_all(database_url=settings().database_url))
