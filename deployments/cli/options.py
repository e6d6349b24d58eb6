"""What several commands take: ids, queues, `--json`."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.cli.errors import WrongUsageError

#: The largest id that the ledger can give.
LARGEST_ID = 2**63 - 1


def job_number(text: str) -> int:
    """The id of a job; raises `WrongUsageError` for what can be none."""
    if text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_ID:
        return int(text)
    raise WrongUsageError(f"{text!r} is not a job's number; `darkroom jobs` lists them.")


def queue_name(text: str) -> str:
    """The name of a queue; raises `WrongUsageError` with the names that there are."""
    from flows.queues import BY_NAME

    if text in BY_NAME:
        return text
    raise WrongUsageError(f"There is no queue {text!r}; the queues are {', '.join(BY_NAME)}.")


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
OneJob = Annotated[int, typer.Argument(metavar="JOB", parser=job_number, help="The job's number.")]
ManyJobs = Annotated[list[int] | None, typer.Argument(metavar="[JOB]...", parser=job_number, help="Numbers of jobs.")]
OneQueue = Annotated[str, typer.Argument(metavar="QUEUE", parser=queue_name, help="The queue's name.")]
OfQueue = Annotated[
    str | None, typer.Option("--queue", metavar="QUEUE", parser=queue_name, help="The jobs of this queue.")
]
OfAll = Annotated[bool, typer.Option("--all", help="The jobs of every queue.")]
