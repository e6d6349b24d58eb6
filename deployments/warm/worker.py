"""Prefect's own process worker, which looks for flow runs when the ledger says that one was asked for.

    python -m deployments.warm.worker POOL NAME LIMIT QUEUE...

A worker that only looks each second starts what a person wants half a second late; one that looks more often keeps
Prefect's server busy. This one is told of what Darkroom asks for, and looks every other second for what was started in
Prefect. Without a database in its environment it only looks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
from contextlib import suppress

import psycopg
from prefect.settings import PREFECT_WORKER_HEARTBEAT_SECONDS
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect.workers.process import ProcessWorker

from darkroom.settings import settings
from db.engine import make_engine
from db.ledger.types import CHANNEL
from deployments.warm import left
from deployments.warm.cancels import carry_out

log = logging.getLogger("darkroom.worker")

#: Seconds between two attempts to reach the database.
AGAIN = 5.0


async def look_when_told(worker: ProcessWorker, url: str) -> None:
    """Have the worker look each time that a flow run was asked for, as long as this lasts."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
                await conn.execute(f"LISTEN {CHANNEL}")
                async for said in conn.notifies():
                    if json.loads(said.payload)["event"] == "asked":
                        await look(worker)
        except psycopg.Error as error:
            log.warning("The ledger cannot be listened to, trying again: %s", str(error).splitlines()[0])
        await asyncio.sleep(AGAIN)


async def look(worker: ProcessWorker) -> None:
    """Take what is there to start; where that fails, the next look of the worker's own says why."""
    with suppress(Exception):
        await worker.get_and_submit_flow_runs()


async def work(pool: str, name: str, limit: int, queues: list[str]) -> None:
    """Be a worker until interrupted."""
    # Within the loop, whose own handling of SIGINT this leads to.
    setup_signal_handlers_worker(os.getpid(), "the process worker", print)
    worker = ProcessWorker(
        work_pool_name=pool,
        work_queues=queues,
        name=name,
        limit=limit,
        # Early starts are for slow infrastructure; here a run would wait with its process already there.
        prefetch_seconds=1,
        heartbeat_interval_seconds=int(PREFECT_WORKER_HEARTBEAT_SECONDS.value()),
        create_pool_if_not_found=False,
    )
    url = settings().database_url
    await left.begin(pool, name)
    beside = [asyncio.create_task(left.watch(pool, name))]
    if url:
        beside += [
            asyncio.create_task(look_when_told(worker, url.replace("+psycopg", "", 1))),
            asyncio.create_task(carry_out(make_engine(url, pool_size=1))),
        ]
    try:
        with suppress(asyncio.CancelledError):
            await worker.start()
    finally:
        for task in beside:
            task.cancel()


def main() -> None:
    """Work for the pool named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m deployments.warm.worker", description=__doc__)
    parser.add_argument("pool")
    parser.add_argument("name", help="the same after a restart")
    parser.add_argument("limit", type=int, help="of flow runs at once")
    parser.add_argument("queues", nargs="+", help="of the pool, whose flow runs are for this machine")
    wanted = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(work(wanted.pool, wanted.name, wanted.limit, wanted.queues))


if __name__ == "__main__":
    main()
