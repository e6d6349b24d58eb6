"""Asks for this machine's share of the work: where another machine has more to do than its slots take in one round,
a flow run of that queue here, which gets its part of the slots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from darkroom.worker import POOL
from db import ledger
from db.engine import make_engine
from ops_api.prefect import Prefect

#: Seconds between two looks.
LOOK = 5.0


def make_queue(prefect: Prefect, name: str) -> None:
    """See to it that the pool has a work queue for this machine alone."""
    try:
        prefect.ask("POST", f"/work_pools/{POOL}/queues", {"name": name})
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise


def help_once(engine: Engine, prefect: Prefect, name: str) -> list[str]:
    """Ask for the flow runs that are wanted here; the queues they are for."""
    with engine.connect() as conn:
        wanted = ledger.queues_to_help(conn, ledger.place())
    for queue in wanted:
        run = prefect.start(queue, on=name)
        with engine.begin() as conn:
            ledger.flow_asked(conn, queue, run, host=ledger.place())
    return wanted


@contextmanager
def helping(url: str, prefect: Prefect, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Do so every few seconds meanwhile."""
    engine, done = make_engine(url, pool_size=1), threading.Event()

    def look() -> None:
        said = ""
        while not done.wait(LOOK):
            try:
                help_once(engine, prefect, name)
                said = ""
            except (httpx.HTTPError, SQLAlchemyError) as error:
                # Said once; Prefect and the database come back by themselves.
                if (words := type(error).__name__) != said:
                    say(f"No work can be asked for just now ({words}); that is tried again.")
                said = words

    thread = threading.Thread(target=look, name="helper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(10)
        engine.dispose()
