"""`up` and `down`: the whole system, started and stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.connection import configured
from deployments.cli.errors import WrongUsageError
from deployments.cli.output import console, say


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything answers.")] = False,
    library: Annotated[Path | None, typer.Option(metavar="PATH", help="Also watch and scan this folder.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Also make a small sample library and scan it.")] = False,
) -> None:
    """Start everything; Ctrl-C stops it."""
    configured()
    folder = _folder(library, sample)
    from deployments.up import up as start

    try:
        start(detach=detach, on_ready=lambda url: _ready(url, folder))
    finally:
        console().show_cursor()  # bars that were still moving had hidden it


def down() -> None:
    """Stop what `up` started."""
    configured()
    from deployments.up import down as stop

    say("Stopped." if stop() else "Nothing was running.")


def _folder(library: Path | None, sample: bool) -> Path | None:
    """The folder to scan at the start, if any; made here when it is the sample."""
    if library and sample:
        raise WrongUsageError("Name a folder with --library or ask for the sample with --sample, not both.")
    if library and not library.is_dir():
        raise WrongUsageError(f"{library} is not a folder.")
    return _sample() if sample else library


def _sample() -> Path:
    from deployments.sample_library import make

    return make(configured().home / "sample-library")


def _ready(url: str, folder: Path | None) -> None:
    """Say where the page is; scan the folder that was named, if one was, and say it again below."""
    say(f"The operations page: {url}")
    if folder is None:
        return
    from deployments.cli.client import Client
    from deployments.cli.scan import scan_to_the_end

    try:
        with Client(url) as client:
            scan_to_the_end(client, folder)
    finally:
        say(f"The operations page: {url}")
