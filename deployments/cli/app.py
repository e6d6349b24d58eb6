"""The commands, gathered, and the one place where an error becomes a sentence and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from darkroom import __version__
from deployments.cli import access, care, jobs, roots, scan, settle, system, tidy
from deployments.cli.errors import CommandError
from deployments.cli.output import complain, forgiving_streams, say
from deployments.errors import StartError

#: What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (system.up, system.down, system.work, scan.scan, jobs.run, jobs.status, jobs.jobs, jobs.job, tidy.tidy):
    app.command()(command)
for command in (settle.cancel, settle.retry, settle.clear):
    app.command()(command)
app.command()(care.doctor)
app.command()(care.backup)
app.command()(care.restore)
app.add_typer(roots.app, name="roots")
app.add_typer(access.app, name="access")


def _version(asked: bool) -> None:
    if asked:
        say(f"darkroom {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _darkroom(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """The background work of a media library: scans it and processes what it finds."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted."""
    forgiving_streams()
    sys.exit(run())


def run() -> int:
    """Run the command line; the exit code. What a person can cause ends in one sentence on the error stream."""
    try:
        return app(prog_name="darkroom", standalone_mode=False) or 0
    except typer.TyperException as error:
        complain(error.format_message())
        return error.exit_code
    except CommandError as error:
        complain(error)
        return error.exit_code
    except StartError as error:
        for line in (f"{error.sentence}.", *error.details.splitlines()):
            complain(line)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
