"""Flow runs that a worker took and never began, because it or their process died between: they wait for a worker again.

A worker says that a run is pending before it starts the run's process, and labels the run with its name. What a worker
of this machine took before this one began, and what it took so long ago that its process should be there, has either a
process here or nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.exceptions import PrefectException
from prefect.states import Scheduled

from darkroom.worker import TAKEN_BY, flow_runs_here

log = logging.getLogger("darkroom.worker")

#: Seconds between two looks, and how long a worker may take to start the process of a run that it took: longer than
#: Prefect's client asks again where the server fails.
LOOK = 30.0
STARTING = 90.0
#: Seconds that a look may take, and until one that failed is tried again by a worker that waits for it.
PATIENCE = 20.0
AGAIN = 1.0

_PENDING = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING])))


async def watch(pool: str, worker: str) -> None:
    """Look every so often."""
    while True:
        await asyncio.sleep(LOOK)
        await look(pool, worker, seconds=STARTING)


async def begin(pool: str, worker: str) -> None:
    """For a worker that has taken none itself yet: what its predecessor took and has no process is nobody's. Returns
    once that is put back."""
    while not await look(pool, worker, seconds=0):
        await asyncio.sleep(AGAIN)


async def look(pool: str, worker: str, *, seconds: float) -> bool:
    """Put back what is left; False where Prefect does not answer, and a later look has to."""
    try:
        async with asyncio.timeout(PATIENCE), get_client() as client:
            await put_back(client, pool, worker, seconds=seconds)
    except (httpx.HTTPError, PrefectException, TimeoutError) as error:
        log.warning("Runs that were never begun could not be looked for; that is tried again: %s", error)
        return False
    return True


async def put_back(client: PrefectClient, pool: str, worker: str, *, seconds: float) -> list[UUID]:
    """Let the runs wait again that the worker of this name took at least so long ago and that have no process here;
    which these were. What nobody has put a name to yet is this worker's where no other is alive.

    Raises:
        httpx.HTTPError, PrefectException: Prefect does not answer, or refuses.
    """
    pending = await client.read_flow_runs(
        flow_run_filter=_PENDING, work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), limit=200
    )
    if not pending:
        return []
    takers = {worker} if await _others(client, pool, worker) else {worker, None}
    begun = flow_runs_here()
    left = [run for run in pending if run.labels.get(TAKEN_BY) in takers and _is_left(run, begun, seconds)]
    for run in left:
        says = "A worker took this run and never began it; it waits for a worker again."
        await client.set_flow_run_state(run.id, Scheduled(message=says), force=True)
        log.warning("%s: %s", run.id, says)
    return [run.id for run in left]


async def _others(client: PrefectClient, pool: str, worker: str) -> bool:
    workers = await client.read_workers_for_work_pool(pool)
    return any(each.name != worker and each.status == WorkerStatus.ONLINE for each in workers)


def _is_left(run: FlowRun, begun: Collection[str], seconds: float) -> bool:
    since = run.state.timestamp if run.state else datetime.now(UTC)
    return str(run.id) not in begun and datetime.now(UTC) - since >= timedelta(seconds=seconds)
