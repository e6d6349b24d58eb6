"""How Prefect runs the engine: flow runs of queues, task runs of slots' shifts, states that tell the same story."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from datetime import datetime
from functools import partial
from threading import Thread
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from prefect import Flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.context import FlowRunContext, SyncClientContext
from prefect.flows import load_flow_from_entrypoint
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run as this_flow_run
from prefect.runtime import task_run as this_task_run
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Completed, Failed, Pending, Scheduled
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import Task, exponential_backoff

from db.ledger import was_missed, was_scheduled_since
from db.redact import redact_logs, redacted
from flows.database import engine
from flows.engine import DisownedError, QueueRun, ToldToEndError
from flows.others import Along
from flows.queues import Queue
from flows.run_engine import imported, run
from flows.shift import Shift
from flows.work import Work

#: The most slots that any queue can have: a base of 5 times the largest multiplier.
SLOTS = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=80))

#: Seconds until Prefect counts as one that does not answer. A busy server is slow, and asked again.
MOMENT = 3.0

#: What this flow run goes along with, where it has no process of its own.
_along: ContextVar[Along | None] = ContextVar("along", default=None)

#: What a job's outcome is called in Prefect. What will be tried again is not failed.
_STATES: dict[str, Callable[[str | None], State[Any]]] = {
    "completed": lambda _: Completed(),
    "failed": lambda error: Failed(message=error),
    "cancelled": lambda error: Cancelled(message=error),
    "retry": lambda error: Completed(name="Retrying", message=error),
    "snooze": lambda _: Completed(name="Snoozed"),
}


def _is_fault_of_the_machinery(_: Task[..., Any], __: TaskRun, state: State[Any]) -> bool:
    # A job that failed returns a state without data; an exception is kept as the state's data.
    return state.data is not None


@task(
    task_run_name="{shift}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=6,
    retry_delay_seconds=exponential_backoff(backoff_factor=1),
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_fault_of_the_machinery,
)
def work_shift(shift: Shift) -> State[Any]:
    """One slot's time at work; tried again by Prefect only for faults of the machinery, as a restarting database."""
    shift.run(this_task_run.id)
    if shift.stopped and not shift.settled:
        return Cancelled(message="Stopped with its flow run.")
    if shift.last is not None and (shift.last.kind != "completed" or shift.settled.total() == 1):
        kind = "failed" if shift.settled["failed"] else shift.last.kind
        return _STATES[kind](redacted(shift.last.error))
    return Completed(message=in_words(shift.settled))


def in_words(settled: Counter[str]) -> str:
    """Counts by status as a person says them: `23 completed, 1 failed, 1 to be tried again`."""
    words = {"queued": "to be tried again", "snoozed": "to be looked at again"}
    parts = [f"{settled[status]} {words.get(status, status)}" for status in sorted(settled) if settled[status]]
    return ", ".join(parts) or "nothing was due"


class PrefectRunner:
    """Lends the engine Prefect's threads, and its deployments to start other queues by."""

    def __init__(self, queue: Queue) -> None:
        self.task = work_shift.with_options(name=queue.name)

    def submit(self, shift: Shift, done: Callable[[], None]) -> None:
        """One task run for the shift."""
        future = self.task.submit(shift)
        future.add_done_callback(lambda _: done())

    def start_queue(self, name: str) -> str:
        """A child run of this flow run, that works off what is there without enqueueing more."""
        return str(_child(name, Scheduled())[1].id)

    def take_along(self, name: str, ended: Callable[[], None]) -> Along:
        """The same in a thread of this process: for Prefect a child run too, that no worker has to start."""
        flow, flow_run = _child(name, Pending())
        along = Along(str(flow_run.id))
        target = partial(copy_context().run, _go_along, flow, flow_run, along, ended)
        Thread(target=target, name=name, daemon=True).start()
        return along

    def can_start(self) -> bool:
        """Whether Prefect answers now. Its client would ask again for minutes, which is too long for who has work."""
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), SyncClientContext.get_or_create() as context:
            try:
                context.client.request("GET", "/ready", timeout=MOMENT)
            except httpx.HTTPStatusError as error:
                return not error.response.is_server_error
            except httpx.HTTPError:
                return False
        return True

    def was_cancelled(self) -> bool:
        """Ask Prefect; when it cannot be asked, the work is given back instead."""
        if self.can_start():
            with contextlib.suppress(Exception), SyncClientContext.get_or_create() as context:
                state = context.client.read_flow_run(this_flow_run.id).state
                return state is not None and (state.is_cancelling() or state.is_cancelled())
        return False


def _child(name: str, state: State[Any]) -> tuple[Flow[..., Any], FlowRun]:
    """A queue's flow, and a run of its deployment that Prefect shows within this flow run."""
    with SyncClientContext.get_or_create() as context:
        client = context.client
        deployment = client.read_deployment_by_name(f"{name}/{name}")
        within = client.create_task_run(
            Task(fn=lambda: None, name=name), UUID(this_flow_run.id), dynamic_key=uuid4().hex, state=Pending()
        )
        run = client.create_flow_run_from_deployment(
            deployment.id, parameters={"enqueue": False}, state=state, parent_task_run_id=within.id
        )
    return imported(name) or load_flow_from_entrypoint(str(deployment.entrypoint)), run


def _go_along(flow: Flow[..., Any], flow_run: FlowRun, along: Along, ended: Callable[[], None]) -> None:
    _along.set(along)
    try:
        run(flow, flow_run)
    finally:
        along.over.set()
        ended()


def work_off(queue: Queue, work: Work[Any, Any], *, enqueue: bool, everything: bool) -> State[Any]:
    """The body of every queue's flow: enqueue what lacks a result if asked to, then work the queue off.

    The flow run completes however many files are bad; it fails only when the machinery did.
    """
    queue_run = QueueRun(engine(), queue, work, PrefectRunner(queue), this_flow_run.id)
    if along := _along.get():
        along.begins(queue_run.end)
    else:
        redact_logs()
    try:
        queue_run.work_off(partial(_enqueue, queue_run, everything=everything) if enqueue else lambda: None)
    except DisownedError:
        return _as_prefect_has_it()
    except ToldToEndError:
        return Cancelled(message="Stopped with the flow run that it was part of; what it held was given back.")
    words = in_words(queue_run.settled)
    _name_run(f"{queue.name}: {words}")
    return Completed(message=words[0].upper() + words[1:] + ".")


def _as_prefect_has_it() -> State[Any]:
    """How Prefect says that this flow run ended, so that its own end does not say otherwise."""
    with contextlib.suppress(Exception), SyncClientContext.get_or_create() as context:
        state = context.client.read_flow_run(this_flow_run.id).state
        if state is not None and state.is_final():
            return state
    return Cancelled(message="Prefect had ended this flow run; what it held was given back.")


def _enqueue(run: QueueRun, *, everything: bool) -> None:
    due = _scheduled_for()
    if due and (why := _is_left_out(run.queue, due)):
        get_run_logger().info(why)
        return
    made = run.enqueue(trigger="schedule" if due else "manual", everything=everything)
    get_run_logger().info("Enqueued %d, skipped %d that were already waiting.", made.enqueued, made.skipped)
    if made.obstacle:
        get_run_logger().warning(made.obstacle)
    _name_run(f"{run.queue.name}: {made.enqueued + made.skipped}")


def _scheduled_for() -> datetime | None:
    """When a schedule wanted this run to begin; None for what a person started."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run.expected_start_time if run and run.auto_scheduled else None


def _is_left_out(queue: Queue, due: datetime) -> str | None:
    """Why a scheduled run does not enqueue anything; None where it does.

    After a night without workers, all the night's runs begin at once: one of them is enough, or none.
    """
    with engine().connect() as conn:
        if was_missed(conn, queue.name, due):
            return "This run was missed, and the missed runs of this queue are left out."
        if was_scheduled_since(conn, (queue.name, *queue.also_runs), due):
            return "This run is late, and another has since enqueued what it would have."
    return None


def _name_run(name: str) -> None:
    with contextlib.suppress(Exception), SyncClientContext.get_or_create() as context:
        context.client.update_flow_run(this_flow_run.id, name=name)
