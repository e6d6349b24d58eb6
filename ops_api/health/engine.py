"""Prefect: its server, its workers, and whether it tells the same story as the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
from sqlalchemy import Engine

from darkroom.worker import POOL
from db.ledger import beating, recent
from ops_api.health.check import Check
from ops_api.prefect import Prefect
from ops_api.words import counted, relative

GROUP = "Prefect"
WORKER = f"Start one: prefect worker start --pool {POOL}"


def checks(engine: Engine, prefect: Prefect) -> Iterator[Check]:
    """The lines on Prefect; one of them says so where it does not answer."""
    try:
        version, workers, running = prefect.version(), prefect.workers(), prefect.running()
    except httpx.HTTPError as error:
        said = str(error) or type(error).__name__
        yield Check(GROUP, "Server", "bad", f"Does not answer: {said}.", "Start it: darkroom up")
        return
    yield Check(GROUP, "Server", "ok", f"Version {version} answers.")
    yield from _workers(workers)
    yield _agreement(engine, running)


def _workers(workers: list[dict[str, str]]) -> Iterator[Check]:
    now = datetime.now(UTC)
    alive = [worker for worker in workers if worker.get("status") == "ONLINE"]
    if not alive:
        yield Check(GROUP, "Workers", "bad", "None is alive, so nothing runs.", WORKER)
    for worker in alive:
        seen = datetime.fromisoformat(worker["last_heartbeat_time"])
        yield Check(GROUP, f"Worker {worker['name']}", "ok", f"Gave a sign of life {relative(seen, now)}.")


def _agreement(engine: Engine, running: set[str]) -> Check:
    with engine.connect() as conn:
        ours = {flow.flow_run for flow in beating(conn) if flow.state == "working"}
        noted = recent(conn)
    lost = len(ours - running)
    if lost:
        says = f"{counted(lost, 'flow run')} of those at work for the ledger are not running for Prefect."
        return Check(GROUP, "Ledger and Prefect", "warn", says, "Wait a minute: each sets itself right by then.")
    says = f"They agree: {counted(len(ours), 'flow run')} at work."
    if noted:
        when, last = relative(noted[0].noticed_at, datetime.now(UTC)), noted[0].says
        says = f"{says} {counted(len(noted), 'disagreement')} in the last hour, set right; the last {when}: {last}"
    return Check(GROUP, "Ledger and Prefect", "ok", says)
