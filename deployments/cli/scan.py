"""`scan`: a folder is scanned, and everything that follows from it is watched until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.connection import connect
from deployments.cli.errors import CommandError
from deployments.cli.options import AsJson
from deployments.cli.output import complain, emit, say
from deployments.cli.roots import Root, shown, watched
from ops_api.words import counted, duration

if TYPE_CHECKING:
    from deployments.cli.chain import Outcome
    from deployments.cli.client import Client

#: Scans that were under way may all end between being refused a second one and being looked for.
TRIES = 3


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
            with _going_on():
                scan_to_the_end(client, path, timeout=timeout, as_json=as_json)
        else:
            _scan_alone(client, path, as_json=as_json)


@contextmanager
def _going_on() -> Iterator[None]:
    """Who interrupts the waiting is told that the work was not interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        complain("The scan goes on; `darkroom status` shows it, `darkroom cancel --all` stops it and all else.")
        raise


def _scan_alone(client: Client, path: Path, *, as_json: bool) -> None:
    root, remark = watched(client, path)
    _remark(remark, as_json=as_json)
    answer = client.scan(root["id"])
    if as_json:
        emit(answer)
    else:
        say(answer["message"])


def scan_to_the_end(client: Client, path: Path, *, timeout: float | None = None, as_json: bool = False) -> None:
    """Scan, show progress, say what was found and failed; raises `CommandError` when a scan itself did not work."""
    from deployments.cli.chain import follow, summarise
    from deployments.cli.progress import view_for

    root, remark = watched(client, path)
    _remark(remark, as_json=as_json)
    outcome = follow(client, _started(client, root), view_for(as_json=as_json), timeout)
    if as_json:
        emit(outcome.answer())
    else:
        summarise(outcome)
    _judge(outcome, timeout)


def _started(client: Client, root: Root) -> list[int]:
    """Start the scans of a watched folder, or join those that are under way; the numbers of their jobs."""
    for _ in range(TRIES):
        answer = client.scan(root["id"])
        if answer["scans"]:
            return list(answer["scans"])
        if not answer["skipped"]:
            break
    raise CommandError(f"{shown(root)} was not scanned: {answer['message']}")


def _remark(remark: str, *, as_json: bool) -> None:
    if remark:
        (complain if as_json else say)(remark)


def _judge(outcome: Outcome, timeout: float | None) -> None:
    """How bad the files are is no matter; whether the scans worked is."""
    if bad := next((job for job in outcome.jobs if job["status"] in ("failed", "cancelled")), None):
        raise CommandError(bad["error"] or f"The scan was {bad['status']}.")
    if not outcome.finished:
        left = outcome.chain["pending"] + outcome.chain["running"]
        spent, words = duration(timeout or 0), counted(left, "job")
        raise CommandError(f"Unfinished after {spent}: {words}. The work goes on; `darkroom status` shows it.")
