"""`doctor`, `backup`, `restore`: looking after a system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.connection import configured, connect
from deployments.cli.errors import CommandError
from deployments.cli.options import AsJson
from deployments.cli.output import emit, say, table
from ops_api.words import size

WORDS = {"ok": "well", "warn": "look", "bad": "wrong"}


class UnwellError(CommandError):
    """Something is wrong."""


def doctor(json: AsJson = False) -> None:
    """Say whether everything is there, and what to do where it is not; exit code 1 when something is wrong."""
    with connect() as client:
        report = client.health()
    if json:
        emit(report)
    else:
        rows = [
            (WORDS[check["state"]], check["group"], check["name"], f"{check['says']} {check['remedy'] or ''}".strip())
            for check in report["checks"]
        ]
        table(("", "", "what", "how it is"), rows)
    if report["state"] == "bad":
        raise UnwellError("Something is wrong; what to do stands beside it.")


def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")]) -> None:
    """Write both databases to a file, while everything runs or while nothing does."""
    from deployments.backup import backup as make

    bytes_written = make(configured(), file.absolute())
    say(f"Wrote {file} ({size(bytes_written)}). Generated files are not in it; Run makes them anew.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `darkroom backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put both databases back as a backup has them; everything must be stopped."""
    from deployments.backup import restore as bring_back

    if not yes:
        typer.confirm(
            f"Put both databases back as {file} has them? Those of now are kept under another name.", abort=True
        )
    kept = bring_back(configured(), file.absolute())
    say(f"Restored. What was there is kept as {' and '.join(kept)}; drop them when all is well.")
