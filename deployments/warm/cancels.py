"""Flow runs that share another's process, cancelled in Prefect: no worker has a process to end for them.

Prefect's worker ends the process of a flow run that is to be cancelled. One that goes along with another
(`flows/others.py`) stops by itself, once the ledger says that it is over; `ops_api` would say so after some seconds,
this does at once.
"""

from __future__ import annotations

import asyncio
import logging
import uuid

from prefect.client.orchestration import get_client
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db import ledger

log = logging.getLogger("darkroom.worker")

CANCELLING = "prefect.flow-run.Cancelling"
#: Seconds between two attempts to hear of them.
AGAIN = 5.0


async def carry_out(engine: Engine) -> None:
    """Have the ledger end what is cancelled in Prefect and has no process of its own, as long as this lasts."""
    wanted = EventFilter(event=EventNameFilter(name=[CANCELLING]))
    while True:
        try:
            async with get_events_subscriber(filter=wanted) as events:
                async for event in events:
                    await end(engine, event.resource.id.removeprefix("prefect.flow-run."))
        except Exception as error:
            log.warning("Prefect does not say what is cancelled, trying again: %s", str(error).partition("\n")[0])
        await asyncio.sleep(AGAIN)


async def end(engine: Engine, flow_run: str) -> None:
    """Have the ledger end this flow run, if it has no process of its own. An ordinary cancel is no disagreement."""
    async with get_client() as client:
        run = await client.read_flow_run(uuid.UUID(flow_run))
    if run.infrastructure_pid is None and run.parent_task_run_id is not None:
        await asyncio.to_thread(_disown, engine, flow_run, f"The run {run.name} was cancelled in Prefect.")


def _disown(engine: Engine, flow_run: str, says: str) -> None:
    try:
        with engine.begin() as conn:
            ledger.disown(conn, flow_run, says, cancelled=True, differs=False)
    except SQLAlchemyError as error:
        log.warning("%s could not be ended, ops_api will: %s", flow_run, str(error).partition("\n")[0])
