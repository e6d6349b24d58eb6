"""One flow run, in a process of its own: `python -m flows.main`, as the worker's environment names it.

What `python -m prefect.engine` does, with a third less of what that asks of Prefect's server: one client for all of it,
the flow as it is imported already, and nothing of what the ledger does itself (`flows/run_engine.py`). A flow run of
anybody else's deployment goes to Prefect's own.
"""

from __future__ import annotations

import os
import runpy
from uuid import UUID

from prefect._internal.control_listener import configure_from_env
from prefect.context import SyncClientContext
from prefect.engine import handle_engine_signals

from flows.run_engine import imported, run


def main() -> None:
    """Run it to its end."""
    flow = imported(os.environ.get("PREFECT__FLOW_NAME", ""))
    if flow is None:
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
        return
    flow_run = UUID(os.environ["PREFECT__FLOW_RUN_ID"])
    # The worker's line to this process, by which it says that an end is a cancel.
    configure_from_env()
    with handle_engine_signals(flow_run), SyncClientContext() as context:
        run(flow, context.client.read_flow_run(flow_run))


if __name__ == "__main__":
    main()
