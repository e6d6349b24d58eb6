"""What runs each minute: gives back what dead processes held and starts the queues that have due work."""

from __future__ import annotations

import os
from typing import Any, cast

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Completed

from db import lacking, ledger, requests
from db.access import audit
from db.retention import prune
from db.totals import fold
from flows.database import engine

#: Seconds after which one that says nothing more counts as lost.
LONGEST_DISPATCH = 300.0


@flow(name="dispatch", persist_result=False)
def dispatch() -> State[Any]:
    """Return expired leases, forget dead flows, start queues that have due work and no flow that is at it.

    Sets requests going again that lost their job.

    Removes the jobs and the audit that have stayed long enough. Folds the counts and marks how far ids have
    come too, which ops_api does where it runs.
    """
    with engine().begin() as conn:
        ledger.flow_works(
            conn, "dispatch", this_flow_run.id, host=ledger.place(), pid=os.getpid(), seconds=LONGEST_DISPATCH
        )
    try:
        return _dispatch()
    finally:
        with engine().begin() as conn:
            ledger.flow_left(conn, this_flow_run.id)


def _dispatch() -> State[Any]:
    with engine().begin() as conn:
        ledger.bury(conn)
        rescued = ledger.rescue(conn)
        ledger.forget_dead_flows(conn)
    with engine().begin() as conn:
        requests.reconcile(conn)
    with engine().begin() as conn:
        names = ledger.queues_to_start(conn)
        fold(conn)
        lacking.fold(conn)
    with engine().begin() as conn:
        prune(conn)
        audit.prune(conn)
    for name in names:
        with engine().begin() as conn:
            if ledger.may_start(conn, name):
                run = cast(FlowRun, run_deployment(f"{name}/{name}", parameters={"enqueue": False}, timeout=0))
                ledger.flow_asked(conn, name, str(run.id))
    if rescued:
        get_run_logger().warning("%d jobs came back from processes that were lost.", rescued)
    return Completed(message=f"Started {', '.join(names)}." if names else "Nothing was due.")
