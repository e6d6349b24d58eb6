"""All lines together, each part asked at the same time and for a few seconds at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ops_api.health import database, engine, machine, peers, shelves, work
from ops_api.health.check import Check
from ops_api.prefect import Prefect
from ops_api.watch import WatchState

#: Seconds. A disk that hangs must not hang the page.
PATIENCE = 8.0

Part = tuple[str, Callable[[], Iterable[Check]]]


def report(
    ledger: Engine, prefect: Prefect, watch: WatchState, others: peers.Peers, *, hide_nsfw: bool = False
) -> list[Check]:
    """Every line, in the order of the page; with `hide_nsfw`, NSFW folders are not named."""
    parts: list[Part] = [
        (database.GROUP, lambda: database.checks(ledger)),
        (engine.GROUP, lambda: engine.checks(ledger, prefect)),
        (work.GROUP, lambda: work.checks(ledger, watch)),
        (shelves.GROUP, lambda: shelves.checks(ledger)),
        (peers.GROUP, others.checks),
        (machine.FOLDERS, lambda: machine.checks(ledger, hide_nsfw=hide_nsfw)),
    ]
    pool = ThreadPoolExecutor(len(parts), thread_name_prefix="health")
    asked = [(group, pool.submit(_asked, group, part)) for group, part in parts]
    found: list[Check] = []
    for group, answer in asked:
        try:
            found += answer.result(PATIENCE)
        except LateError:
            found.append(
                Check(group, group, "bad", f"Did not answer within {PATIENCE:g} s.", "Look for a disk that hangs.")
            )
    pool.shutdown(wait=False, cancel_futures=True)
    return found


def _asked(group: str, part: Callable[[], Iterable[Check]]) -> list[Check]:
    try:
        return list(part())
    except SQLAlchemyError as error:
        words = str(error.__cause__ or error).splitlines()[0]
        return [Check(group, "PostgreSQL", "bad", f"Does not answer: {words}.", "Start it: darkroom up")]
