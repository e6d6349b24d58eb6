"""`run`, `status`, `jobs`, `job`: asking for work, and looking at it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from deployments.cli.connection import connect
from deployments.cli.errors import WrongUsageError
from deployments.cli.options import AsJson, OfQueue, OneJob, OneQueue
from deployments.cli.output import emit, local, say, table, until
from ops_api.words import duration, first_line


class Status(Enum):
    """The words of the ledger."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


def run(
    queue: OneQueue,
    everything: Annotated[bool, typer.Option("--all", help="Also what has its result already.")] = False,
    phash: Annotated[
        bool, typer.Option("--phash", help="Of fingerprint: the perceptual hash of every video that lacks it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enqueue what a queue lacks and work it off: what the Run button does."""
    if phash and (queue != "fingerprint" or everything):
        raise WrongUsageError("--phash goes with `darkroom run fingerprint`, without --all.")
    with connect() as client:
        answer = client.backfill_phash() if phash else client.run(queue, everything=everything)
    if as_json:
        emit(answer)
    else:
        say(answer["message"])


def status(as_json: AsJson = False) -> None:
    """The numbers of the operations page."""
    with connect() as client:
        answer = client.dashboard()
        url = client.url
    if as_json:
        emit(answer)
        return
    for sentence in _numbers(answer):
        say(sentence)
    headings = ("queue", "state", "running", "queued", "delayed", "failed", "completed")
    rows = [(queue["queueName"], queue["status"], *(queue[key] for key in headings[2:])) for queue in answer["queues"]]
    table(headings, rows, numbers=range(2, 7))
    say(f"The page: {url}")


def _numbers(answer: dict[str, Any]) -> list[str]:
    stats = answer["stats"]
    waits = f"{stats['ready']} ready, {stats['delayed']} delayed"
    if stats.get("nextDelayedAt"):
        waits += f", next in {duration(until(stats['nextDelayedAt']))}"
    lines = [
        f"Running {stats['running']}",
        f"Backlog {stats['backlog']} ({waits})",
        f"Failures {stats['failures']}" + (f", cancelled {stats['cancelled']}" if stats["cancelled"] else ""),
        f"Retained done {stats['retainedDone']}",
    ]
    workers = answer["workers"]
    if workers["alive"] == 0:
        lines.append("No worker is alive: nothing runs until `darkroom up` starts one.")
    elif not workers["prefect"]:
        lines.append("Prefect does not answer: what waits starts when it does.")
    return lines


def jobs(
    queue: OfQueue = None,
    status: Annotated[Status | None, typer.Option(help="Only jobs in this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    with connect() as client:
        found = client.search(limit=limit, queue=queue, status=status.value if status else None)
    if as_json:
        emit({"jobs": found})
    elif found:
        table(("job", "queue", "state", "tries", "target", "error"), [_row(job) for job in found], numbers=(0, 3))
    else:
        say("No such jobs.")


def _row(job: dict[str, Any]) -> tuple[object, ...]:
    state = f"running {job['progress']} %" if job["state"] == "running" else job["state"]
    return (
        job["id"],
        job["queueName"],
        state,
        f"{job['attempts']}/{job['maxAttempts']}",
        job["targetLabel"],
        first_line(job["error"]),
    )


def job(job: OneJob, as_json: AsJson = False) -> None:
    """One job and its story."""
    with connect() as client:
        facts = client.job(job)
        events = client.events(job)
    if as_json:
        emit({"job": facts, "events": events})
        return
    table(("job", str(job)), [(word, value) for word, value in _facts(facts) if value not in (None, "")])
    for event in events:
        say(f"{local(event['createdAt'])} {event['level']:5} {event['context']}: {event['message']}")


def _facts(job: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("queue", job["queueName"]),
        ("target", job["targetLabel"]),
        ("state", job["state"]),
        ("progress", f"{job['progress']} %"),
        ("tries", f"{job['attempts']} of {job['maxAttempts']}"),
        ("wanted by", job["trigger"]),
        ("created", local(job["createdAt"])),
        ("next try", local(job["runAt"]) if job["state"] == "delayed" else ""),
        ("started", local(job["startedAt"])),
        ("finished", local(job["finishedAt"])),
        ("error", job["error"]),
    ]
