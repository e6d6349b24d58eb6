"""`up` and `down`: the whole system, started and stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.connection import configured
from deployments.cli.errors import CommandError, WrongUsageError
from deployments.cli.output import say


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything answers.")] = False,
    library: Annotated[Path | None, typer.Option(metavar="PATH", help="Also watch and scan this folder.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Also make a small sample library and scan it.")] = False,
) -> None:
    """Start everything; Ctrl-C stops it."""
    folder = _folder(library, sample)
    from deployments.up import up as start

    start(detach=detach, on_ready=lambda url: _ready(url, folder))


def down() -> None:
    """Stop what `up` started."""
    from deployments.up import down as stop

    stop()


def _folder(library: Path | None, sample: bool) -> Path | None:
    if library and sample:
        raise WrongUsageError("Name a folder with --library or ask for the sample with --sample, not both.")
    if library and not library.is_dir():
        raise WrongUsageError(f"{library} is not a folder.")
    if not sample:
        return library
    from deployments.sample_library import SampleError, make

    say("Making a small sample library, unless it is there already.")
    try:
        return make(configured().home / "sample-library")
    except SampleError as error:
        raise CommandError(str(error)) from error


def _ready(url: str, folder: Path | None) -> None:
    """Scan the folder that was named, if one was, and say where the page is."""
    if folder is not None:
        _scan(url, folder)
    say(f"The operations page: {url}")


def _scan(url: str, folder: Path) -> None:
    from deployments.cli.client import Client
    from deployments.cli.scan import scan_to_the_end

    with Client(url) as client:
        scan_to_the_end(client, folder)
