"""`tidy`: the library's upkeep."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.cli.connection import connect
from deployments.cli.errors import WrongUsageError
from deployments.cli.output import say


def tidy(
    missing_days: Annotated[
        int | None,
        typer.Option(help="Forget files that were missing for more days than that; says first how many."),
    ] = None,
    confirm: Annotated[int | None, typer.Option(help="The number that was said, to have it done.")] = None,
) -> None:
    """Move generated files to where the settings want them, and remove what nothing owns."""
    if confirm is not None and missing_days is None:
        raise WrongUsageError("--confirm goes with --missing-days.")
    with connect() as client:
        if missing_days is None:
            answer = client.run("library-maintenance", everything=False)
        else:
            answer = client.forget_missing(missing_days, confirm)
    say(answer["message"])
