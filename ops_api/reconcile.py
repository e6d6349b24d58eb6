"""What ops_api does unasked: look who is alive, start what was not started, keep Prefect and the ledger of one mind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from db import lacking, totals
from ops_api.agreement import Agreement
from ops_api.auto_scan import AutoScan
from ops_api.deaths import hear
from ops_api.news import News
from ops_api.starter import Starter
from ops_api.upcoming import Upcoming

logger = logging.getLogger(__name__)

#: Seconds between two looks for what was touched of the counts of what lacks, between two at Prefect's workers and for
#: work that nobody does, and between two of all the rest.
COUNT = 5.0
LOOK = 10.0
RECONCILE = 60.0
#: Seconds until what could not be done, because Prefect did not answer, is tried again.
AGAIN = 2.0


@asynccontextmanager
async def reconciling(
    engine: Engine, starter: Starter, auto_scan: AutoScan, agreement: Agreement, upcoming: Upcoming, *, news: News
) -> AsyncIterator[None]:
    """Do all of it for as long as the application runs."""
    died = asyncio.Event()

    def keep(what: Callable[[Connection], None]) -> None:
        with engine.begin() as conn:
            what(conn)

    tasks = [
        asyncio.create_task(_every(LOOK, starter.look)),
        asyncio.create_task(_every(LOOK, starter.start_due, again=AGAIN, sooner=died)),
        asyncio.create_task(hear(engine, news, died)),
        asyncio.create_task(_every(LOOK, agreement.look, again=AGAIN)),
        asyncio.create_task(_every(RECONCILE, partial(auto_scan.agree, unasked=True))),
        asyncio.create_task(_every(RECONCILE, upcoming.look)),
        asyncio.create_task(_every(COUNT, partial(keep, lacking.fold))),
        asyncio.create_task(_every(RECONCILE, partial(keep, totals.fold))),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(
    seconds: float, work: Callable[[], object], *, again: float | None = None, sooner: asyncio.Event | None = None
) -> None:
    sooner = sooner or asyncio.Event()
    while True:
        sooner.clear()
        done: object = None
        try:
            done = await asyncio.to_thread(work)
        except SQLAlchemyError as error:
            logger.warning("The database did not answer: %s", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(sooner.wait(), again if done is False and again else seconds)
