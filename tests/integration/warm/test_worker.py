"""The worker looks for flow runs when the ledger says that one was asked for."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text

from db import ledger
from deployments.warm import worker


class Looking:
    """Stands for Prefect's worker, and counts how often it looks; Prefect does not answer the first time."""

    def __init__(self) -> None:
        self.times = 0
        self.looked = asyncio.Condition()

    async def get_and_submit_flow_runs(self) -> None:
        async with self.looked:
            self.times += 1
            self.looked.notify_all()
        if self.times == 1:
            raise httpx.ConnectError("All connection attempts failed")

    async def until(self, times: int) -> None:
        async with asyncio.timeout(20), self.looked:
            await self.looked.wait_for(lambda: self.times >= times)


@asynccontextmanager
async def listening(engine, looking):
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    task = asyncio.create_task(worker.look_when_told(looking, url))
    try:
        yield
    finally:
        task.cancel()


def ask(engine):
    with engine.begin() as conn:
        ledger.flow_asked(conn, "preview", str(uuid.uuid4()))


def enqueue(engine):
    with engine.begin() as conn:
        ledger.enqueue(conn, [ledger.FollowUp("preview", "1", "a")], trigger="manual", priority=1)


async def listens(engine, but: int = 0) -> int:
    """The number of the connection that listens, which is another than `but`."""
    waiting = text("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
    async with asyncio.timeout(20):
        while True:
            with engine.begin() as conn:
                if (pid := conn.scalar(waiting)) and pid != but:
                    return int(pid)
            await asyncio.sleep(0.01)


def test_it_looks_once_for_each_run_that_was_asked_for_though_prefect_was_away_for_one(engine):
    async def case() -> int:
        looking = Looking()
        async with listening(engine, looking):
            await listens(engine)
            enqueue(engine)
            for times in (1, 2, 3):
                ask(engine)
                await looking.until(times)
        return looking.times

    assert asyncio.run(case()) == 3


@pytest.mark.usefixtures("soon")
def test_it_listens_again_after_the_database_was_away(engine):
    async def case() -> None:
        looking = Looking()
        async with listening(engine, looking):
            first = await listens(engine)
            with engine.begin() as conn:
                conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
            await listens(engine, but=first)
            ask(engine)
            await looking.until(1)

    asyncio.run(case())


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(worker, "AGAIN", 0.05)
