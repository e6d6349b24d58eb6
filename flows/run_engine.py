"""Prefect's engine of flow runs without what the ledger does for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import Flow
from prefect._flow_run_suspension import FlowRunSuspensionRequest
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import FlowRunEngine
from prefect.utilities.callables import get_call_parameters


class RunEngine(FlowRunEngine[..., Any]):
    """No signs of life, of which the ledger has its own; no connection to hear of a suspension by: what is paused is a
    queue, and `ops_api/agreement.py` ends what was paused in Prefect. Each run would wait for that connection."""

    @property
    def heartbeat_seconds(self) -> int | None:
        """Never."""
        return None

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Iterator[FlowRunSuspensionRequest]:
        """One that nobody makes."""
        yield self._get_flow_run_suspension_request()


def imported(name: str) -> Flow[..., Any] | None:
    """The flow of that name among the modules of this package that have been imported."""
    for module in [module for name, module in sys.modules.items() if name.startswith("flows.")]:
        for value in vars(module).values():
            if isinstance(value, Flow) and value.name == name:
                return value
    return None


def run(flow: Flow[..., Any], flow_run: FlowRun) -> State[Any]:
    """Run a flow here for a flow run that Prefect knows; how that ended, as Prefect has it."""
    parameters = get_call_parameters(flow.fn, (), flow_run.parameters)
    engine = RunEngine(flow=flow, parameters=parameters, flow_run=flow_run)
    with engine.start():
        while engine.is_running():
            with engine.run_context():
                engine.call_flow_fn()
    return engine.state
