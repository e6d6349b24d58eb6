"""`scan`: a folder is scanned, and everything that follows from it is watched until it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.connection import connect
from deployments.cli.errors import CommandError
from deployments.cli.options import AsJson
from deployments.cli.output import complain, duration, emit, say
from deployments.cli.roots import watched

if TYPE_CHECKING:
    from deployments.cli.chain import Outcome
    from deployments.cli.client import Client


def scan(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder; it becomes a watched one.")],
    wait: Annotated[bool, typer.Option("--wait", help="Until everything that follows is done.")] = False,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Wait this long at most; then exit 1.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find what is new in a folder and process it."""
    with connect() as client:
        if wait or timeout is not None:
            scan_to_the_end(client, path, timeout=timeout, as_json=as_json)
            return
        root, remark = watched(client, path)
        answer = client.scan(root["id"])
    if as_json:
        emit(answer)
        return
    _remark(remark, as_json=as_json)
    say("The scan is enqueued." if answer["enqueued"] else "A scan of this folder was waiting already.")


def scan_to_the_end(client: Client, path: Path, *, timeout: float | None = None, as_json: bool = False) -> None:
    """Scan, show progress, say what was found and failed; raises `CommandError` when the scan itself did not work."""
    from deployments.cli.chain import follow, summarise
    from deployments.cli.progress import view_for

    root, remark = watched(client, path)
    _remark(remark, as_json=as_json)
    job_id = client.scan(root["id"])["jobId"]
    outcome = follow(client, job_id, view_for(as_json=as_json), timeout)
    if as_json:
        emit(outcome.answer())
    else:
        summarise(outcome)
    _judge(outcome, timeout)


def _remark(remark: str, *, as_json: bool) -> None:
    if remark:
        (complain if as_json else say)(remark)


def _judge(outcome: Outcome, timeout: float | None) -> None:
    """How bad the files are is no matter; whether the scan worked is."""
    job = outcome.job
    if job["status"] in ("failed", "cancelled"):
        raise CommandError(job["error"] or f"The scan was {job['status']}.")
    if not outcome.finished:
        left = outcome.chain["pending"] + outcome.chain["running"]
        raise CommandError(
            f"After {duration(timeout or 0)} {left} jobs are still to do; they go on, `darkroom status` shows them."
        )
