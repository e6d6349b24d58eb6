"""Prefect, by its HTTP API. Its Python package would cost this process 85 MB and seconds to import."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal

from darkroom.settings import settings
from darkroom.worker import POOL, TAKEN_BY

#: Seconds. A busy server answers late, and that is no error.
PATIENCE = 40.0
#: Runs of a schedule that are read ahead.
AHEAD = 20
#: Runs of a schedule that are read back.
BEHIND = 20


def api_url() -> str:
    """Where Prefect's API is: where its own variable says, else on this machine."""
    return os.environ.get("PREFECT_API_URL") or f"http://127.0.0.1:{settings().prefect_port}/api"


def ui_url() -> str:
    """Where Prefect's own pages are."""
    return os.environ.get("PREFECT_UI_URL") or api_url().removesuffix("/api")


def credentials() -> tuple[str, str] | None:
    """What Prefect's API asks for, where it asks for something: user and password."""
    user, colon, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    return (user, password) if colon else None


@dataclass(frozen=True)
class Schedule:
    """One schedule of a deployment, found by its slug. Without an id Prefect does not have it yet."""

    deployment: str
    slug: str
    id: str | None = None
    active: bool = False
    #: Seconds; None for a schedule of another kind.
    interval: float | None = None
    #: What its runs are given besides the deployment's own parameters.
    parameters: Mapping[str, Any] | None = None
    #: Five fields of cron; None for a schedule of another kind.
    cron: str | None = None
    #: The zone that its times are in.
    timezone: str | None = None
    #: The deployment's name: the queue's, where it is one.
    name: str = ""


@dataclass(frozen=True)
class Run:
    """A flow run that has ended; `kind` is `COMPLETED`, `FAILED`, `CRASHED` or `CANCELLED`, `state` what it is called.

    `seconds` is None for one that never began.
    """

    id: str
    at: datetime
    state: str
    message: str | None
    kind: str
    seconds: float | None


@dataclass(frozen=True)
class Live:
    """A flow run that has not ended, as far as Prefect knows."""

    id: str
    #: `PENDING`, `RUNNING` or `CANCELLING`.
    state: str
    since: datetime
    #: The worker that took it, and the process id that this one started there; None before.
    worker: str | None
    process: int | None


@dataclass(frozen=True)
class Planned:
    """A run that is to begin later, and the schedule that made it."""

    at: datetime
    schedule: str | None


class Prefect:
    """What this program asks of Prefect, from any thread.

    Every method raises `httpx.HTTPError` where it fails, and where `close` gave it up.
    """

    def __init__(self, url: str) -> None:
        self._open = ExitStack()
        # What a thread waits for itself cannot be given up; what a task waits for can.
        self._portal = self._open.enter_context(start_blocking_portal())
        client = httpx.AsyncClient(base_url=url, timeout=PATIENCE, auth=credentials())
        self._http = self._open.enter_context(self._portal.wrap_async_context_manager(client))
        self._asking: set[Future[Any]] = set()
        self._closed = False

    def close(self) -> None:
        """Give up what is being asked and close the connections."""
        self._closed = True
        for asked in tuple(self._asking):
            asked.cancel()
        self._open.close()

    def start(self, queue_name: str, *, on: str | None = None) -> str:
        """Start the deployment of a queue on what the ledger already holds; returns the flow run's id.

        `on` names the work queue of one machine, where it is that one's to run.
        """
        deployment = self._deployment(queue_name)["id"]
        wanted = {"parameters": {"enqueue": False}} | ({"work_queue_name": on} if on else {})
        run = self.ask("POST", f"/deployments/{deployment}/create_flow_run", wanted)
        return str(run["id"])

    def version(self) -> str:
        """Which version answers."""
        return str(self.ask("GET", "/admin/version"))

    def workers(self) -> list[dict[str, Any]]:
        """The workers of the pool, whether or not they are alive; none where the pool does not exist yet."""
        try:
            found: list[dict[str, Any]] = self.ask("POST", f"/work_pools/{POOL}/workers/filter", {})
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return []
            raise
        return found

    def workers_online(self) -> int:
        """How many workers of the pool have lately given a sign of life."""
        return sum(worker.get("status") == "ONLINE" for worker in self.workers())

    def states(self, runs: Collection[str]) -> dict[str, str]:
        """How these flow runs are, by id; one that Prefect does not know is not in the answer."""
        if not runs:
            return {}
        wanted = {"flow_runs": {"id": {"any_": sorted(runs)}}, "limit": 200}
        return {str(run["id"]): run["state_type"] for run in self.ask("POST", "/flow_runs/filter", wanted)}

    def live(self, deployments: Collection[str]) -> list[Live]:
        """The flow runs of deployments of these names that have begun and not ended."""
        wanted = {
            "deployments": {"name": {"any_": sorted(deployments)}},
            "flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}},
            "limit": 200,
        }
        return [_live(run) for run in self.ask("POST", "/flow_runs/filter", wanted)]

    def set_state(self, run: str, state: str, message: str, *, kind: str = "flow_runs") -> None:
        """Say how a run is, whatever Prefect took it to be: `CRASHED`, `CANCELLED`, or `SCHEDULED` for now."""
        body = {"state": {"type": state, "message": message}, "force": True}
        self.ask("POST", f"/{kind}/{run}/set_state", body)

    def left_running(self, ended_before: datetime) -> list[str]:
        """Task runs that are running for Prefect though their flow run crashed or was cancelled before that time."""
        wanted = {
            "flow_runs": {
                "state": {"type": {"any_": ["CRASHED", "CANCELLED"]}},
                "end_time": {"before_": ended_before.isoformat()},
            },
            "task_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}},
            "limit": 200,
        }
        return [str(run["id"]) for run in self.ask("POST", "/task_runs/filter", wanted)]

    def deployed(self, deployments: Collection[str]) -> int:
        """How many deployments of these names there are."""
        wanted = {"deployments": {"name": {"any_": sorted(deployments)}}, "work_pools": {"name": {"any_": [POOL]}}}
        return int(self.ask("POST", "/deployments/count", wanted))

    def running(self) -> set[str]:
        """The ids of the flow runs that Prefect knows to be running, or to be on their way into or out of it."""
        wanted = {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}
        return {str(run["id"]) for run in self.ask("POST", "/flow_runs/filter", {"flow_runs": wanted, "limit": 200})}

    def schedule(self, queue_name: str, slug: str) -> Schedule:
        """The schedule of this slug of a queue's deployment, as Prefect has it."""
        deployment = self._deployment(queue_name)
        for found in _schedules(deployment):
            if found.slug == slug:
                return found
        return Schedule(deployment["id"], slug, name=queue_name)

    def schedules(self) -> list[Schedule]:
        """All schedules of all deployments of our pool, by name."""
        wanted = {"work_pools": {"name": {"any_": [POOL]}}, "sort": "NAME_ASC", "limit": 200}
        return [
            found for deployment in self.ask("POST", "/deployments/filter", wanted) for found in _schedules(deployment)
        ]

    def set_schedule(
        self, schedule: Schedule, *, active: bool, interval: float | None = None, cron: str | None = None
    ) -> None:
        """Change a schedule, or make it: every so many seconds, first one interval from now, or by cron in its zone.

        Prefect forgets the future runs of the deployment; those that take their place are there on return.
        """
        path = f"/deployments/{schedule.deployment}/schedules"
        times = {"interval": interval} if cron is None else {"cron": cron, "timezone": schedule.timezone or "UTC"}
        # What a PATCH does not name, Prefect sets to nothing: the parameters too.
        wanted = {"active": active, "schedule": times, "parameters": dict(schedule.parameters or {})}
        if schedule.id is None:
            self.ask("POST", path, [wanted | ({"slug": schedule.slug} if schedule.slug else {})])
        else:
            self.ask("PATCH", f"{path}/{schedule.id}", wanted)
        if active:
            self.ask("POST", f"/deployments/{schedule.deployment}/schedule", {})

    def remove_schedule(self, schedule: Schedule) -> None:
        """Forget a schedule and its future runs."""
        self.ask("DELETE", f"/deployments/{schedule.deployment}/schedules/{schedule.id}")

    def last_run(self, deployment: str) -> Run | None:
        """The run of this deployment that ended last, whoever started it."""
        return next(iter(self._ended({"deployment_id": {"any_": [deployment]}}, 1)), None)

    def last_runs(self, schedule: Schedule) -> list[Run]:
        """The runs that this schedule wanted and that ended last, the newest last."""
        return self._ended({"created_by": {"id_": [schedule.id]}}, BEHIND)[::-1] if schedule.id else []

    def _ended(self, which: Mapping[str, Any], limit: int) -> list[Run]:
        ended = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}
        wanted = {"flow_runs": {**which, **ended}, "sort": "END_TIME_DESC", "limit": limit}
        return [_run(run) for run in self.ask("POST", "/flow_runs/filter", wanted)]

    def planned(self, deployment: str) -> list[Planned]:
        """The next runs that schedules of this deployment made, the soonest first."""
        wanted = {
            "deployment_id": {"any_": [deployment]},
            "state": {"type": {"any_": ["SCHEDULED"]}},
            "next_scheduled_start_time": {"after_": datetime.now(UTC).isoformat()},
        }
        body = {"flow_runs": wanted, "sort": "NEXT_SCHEDULED_START_TIME_ASC", "limit": AHEAD}
        return [
            Planned(datetime.fromisoformat(run["next_scheduled_start_time"]), (run["created_by"] or {}).get("id"))
            for run in self.ask("POST", "/flow_runs/filter", body)
            if run["auto_scheduled"]
        ]

    def _deployment(self, queue_name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/deployments/name/{queue_name}/{queue_name}")
        return found

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request to Prefect's API: what it answers, read as JSON."""
        try:
            asked = self._portal.start_task_soon(partial(self._http.request, method, path, json=body))
            self._asking.add(asked)
            asked.add_done_callback(self._asking.discard)
            answer = asked.result().raise_for_status()
        except (CancelledError, RuntimeError) as error:
            if self._closed:
                raise httpx.TransportError("Prefect is asked nothing more: this program stops.") from error
            raise
        return answer.json() if answer.content else None


def _live(run: Mapping[str, Any]) -> Live:
    # Of a worker of another kind than ours it is no number.
    process = str(run["infrastructure_pid"] or "")
    return Live(
        str(run["id"]),
        run["state_type"],
        datetime.fromisoformat(run["state"]["timestamp"]),
        run["labels"].get(TAKEN_BY),
        int(process) if process.isdecimal() else None,
    )


def _run(run: Mapping[str, Any]) -> Run:
    at = datetime.fromisoformat(run["start_time"] or run["end_time"] or run["created"])
    end = datetime.fromisoformat(run["end_time"]) if run["start_time"] and run["end_time"] else None
    return Run(
        str(run["id"]),
        at,
        run["state_name"],
        run["state"].get("message"),
        run["state_type"],
        (end - at).total_seconds() if end else None,
    )


def _schedules(deployment: Mapping[str, Any]) -> list[Schedule]:
    return [
        Schedule(
            deployment["id"],
            found["slug"] or "",
            found["id"],
            found["active"],
            found["schedule"].get("interval"),
            found.get("parameters"),
            found["schedule"].get("cron"),
            found["schedule"].get("timezone"),
            deployment["name"],
        )
        for found in deployment["schedules"]
    ]
