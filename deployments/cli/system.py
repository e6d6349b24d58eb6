"""`up` and `down`: the whole system, started and stopped; `work`: a machine that joins it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.connection import configured, own_token
from deployments.cli.errors import WrongUsageError
from deployments.cli.options import AsJson
from deployments.cli.output import age, complain, console, emit, say, table

if TYPE_CHECKING:
    from darkroom.settings import Settings
    from deployments.join.status import WorkStatus
    from deployments.up.access import Keys


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything answers.")] = False,
    library: Annotated[Path | None, typer.Option(metavar="PATH", help="Also watch and scan this folder.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Also make a small sample library and scan it.")] = False,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Without a login, for this machine only.")] = False,
) -> None:
    """Start everything; Ctrl-C stops it."""
    if no_auth:
        os.environ["DARKROOM_LOGIN"] = "false"  # what is started has its settings from there
    configured()
    folder = _folder(library, sample)
    from deployments.up import up as start

    try:
        start(detach=detach, on_ready=lambda url, keys: _ready(url, keys, folder))
    finally:
        console().show_cursor()  # bars that were still moving had hidden it


def work(
    detach: Annotated[bool, typer.Option("--detach", help="Return when it works; darkroom down stops it.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only say whether this machine works, and at what.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do a share of the work of a Darkroom on another machine, which PREFECT_API_URL names; Ctrl-C stops it."""
    if as_json and not status:
        raise WrongUsageError("--json goes with --status.")
    settings = configured()
    from deployments.join.detach import detached
    from deployments.join.run import work as join

    if status:
        _say_whether_it_works(settings, as_json=as_json)
    elif detach:
        say(f"This machine works as {detached(settings, complain)}.")
    else:
        join(settings, complain, lambda name: say(f"This machine works as {name}."))


def _say_whether_it_works(settings: Settings, *, as_json: bool) -> None:
    from deployments.join.status import status

    found = status(settings)
    if as_json:
        emit({"works": found is not None} | (found.as_json() if found else {}))
    elif found is None:
        say("This machine does not work: darkroom work --detach starts it.")
    else:
        say(f"This machine works as {found.name} (process {found.pid}); darkroom down stops it.")
        _say_at_what(found)
    if found is None:
        raise typer.Exit(1)


def _say_at_what(found: WorkStatus) -> None:
    if found.unknown:
        complain(f"At what cannot be told. {found.unknown}")
        return
    if not found.flows and not found.jobs:
        say("It has nothing in hand.")
        return
    flows = [(each.queue_name, age(each.since), each.running, each.taken, each.flow_run) for each in found.flows]
    table(("queue", "since", "running", "taken up", "flow run in Prefect"), flows, numbers=(2, 3))
    if found.jobs:
        jobs = [(each.id, each.queue_name, f"{each.progress} %", age(each.since), each.target) for each in found.jobs]
        say()
        table(("job", "queue", "progress", "since", "target"), jobs, numbers=(0, 2))


def down() -> None:
    """Stop what `up`, or on another machine `work`, has started."""
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


def _ready(url: str, keys: Keys | None, folder: Path | None) -> None:
    """Say where the page is and who may use it; scan the folder that was named, if one was, and say it again below."""
    say(f"The operations page: {url}")
    if keys:
        say("Sign in as", keys.login, "with the password", keys.password)
        say("A program signs in with the token", keys.token)
        say("Both are shown this once; `darkroom access --help` says how to make others.")
    elif not configured().login:
        say("There is no login: everybody on this machine may use it.")
    if folder is None:
        return
    from deployments.cli.client import Client
    from deployments.cli.scan import scan_to_the_end

    try:
        with Client(url, own_token()) as client:
            scan_to_the_end(client, folder)
    finally:
        say(f"The operations page: {url}")
