"""No-op jobs through Procrastinate: `python procrastinate_peer.py DATABASE_URL enqueue|work JOBS CONCURRENCY`.

Prints what it took as JSON: seconds, and CPU seconds of this process.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import procrastinate

GROUP = 1000


async def measured(run: Callable[[], Awaitable[object]]) -> None:
    """Run it and say what it took."""
    began, cpu = time.perf_counter(), time.process_time()
    await run()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}))


async def main(url: str, phase: str, jobs: int, concurrency: int) -> None:
    """One phase."""
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=2, max_size=min(concurrency, 20) + 4)
    app = procrastinate.App(connector=connector)

    @app.task(name="noop", queue="noop")
    async def noop(target: int) -> None:
        pass

    async def enqueue() -> None:
        for first in range(0, jobs, GROUP):
            await noop.batch_defer_async(*({"target": target} for target in range(first, min(first + GROUP, jobs))))

    async def work() -> None:
        await app.run_worker_async(queues=["noop"], concurrency=concurrency, wait=False, install_signal_handlers=False)

    async with app.open_async():
        if phase == "schema":
            await app.schema_manager.apply_schema_async()
        else:
            await measured(enqueue if phase == "enqueue" else work)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
