"""`cancel`, `retry`, `clear`: what a person decides about jobs, by number, by queue, or about all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployments.cli.connection import connect
from deployments.cli.errors import RefusedError, WrongUsageError
from deployments.cli.options import ManyJobs, OfAll, OfQueue
from deployments.cli.output import complain, say


def cancel(jobs: ManyJobs = None, queue: OfQueue = None, everything: OfAll = False) -> None:
    """Stop jobs, waiting or running."""
    _one_of(jobs, queue, everything)
    with connect() as client:
        if jobs:
            _each(jobs, client.cancel)
        else:
            say((client.cancel_queue(queue) if queue else client.cancel_all())["message"])


def retry(jobs: ManyJobs = None, queue: OfQueue = None, everything: OfAll = False) -> None:
    """Put failed or cancelled jobs back into their queue; --queue and --all: the failed ones."""
    _one_of(jobs, queue, everything)
    with connect() as client:
        if jobs:
            _each(jobs, client.retry)
        else:
            say(client.retry_failed(queue)["message"])


def clear(jobs: ManyJobs = None, queue: OfQueue = None, everything: OfAll = False) -> None:
    """Take failures off the list. Their rows stay."""
    _one_of(jobs, queue, everything)
    with connect() as client:
        answer = client.clear(queue=queue, job_ids=jobs or [])
    if jobs and not answer["cleared"]:
        raise RefusedError("None of these jobs is on the list of failures.")
    say(answer["message"])


def _one_of(jobs: list[int] | None, queue: str | None, everything: bool) -> None:
    if sum(map(bool, (jobs, queue, everything))) != 1:
        raise WrongUsageError("Say which jobs: their numbers, or --queue QUEUE, or --all.")


def _each(jobs: list[int], act: Callable[[int], dict[str, Any]]) -> None:
    """Do it to every job; the others are done before the ones that refuse are named and fail the command."""
    refusals = [sentence for job in jobs if (sentence := _refusal(job, act))]
    for sentence in refusals[:-1]:
        complain(sentence)
    if refusals:
        raise RefusedError(refusals[-1])


def _refusal(job: int, act: Callable[[int], dict[str, Any]]) -> str:
    """Do it to one job; the sentence against it when it refuses."""
    try:
        say(f"Job {job}: {act(job)['message']}")
    except RefusedError as error:
        return f"Job {job}: {error}"
    return ""
