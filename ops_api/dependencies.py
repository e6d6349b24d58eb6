"""What an endpoint may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy import Connection, Engine

from db import dashboard, nsfw
from ops_api import models, overview
from ops_api.access.keys import Keys
from ops_api.auto_scan import AutoScan
from ops_api.covers import Covers
from ops_api.desk import Desk
from ops_api.health import Check, report
from ops_api.identify import IdentifyDesk
from ops_api.nsfw import Hides
from ops_api.prefect import Prefect
from ops_api.programs import ProgramDesk
from ops_api.requests import RequestDesk
from ops_api.secrets import Secrets
from ops_api.starter import Starter
from ops_api.upcoming import Upcoming


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _starter(request: Request) -> Starter:
    starter: Starter = request.app.state.starter
    return starter


def _prefect(request: Request) -> Prefect:
    prefect: Prefect = request.app.state.prefect
    return prefect


def _auto_scan(request: Request) -> AutoScan:
    auto_scan: AutoScan = request.app.state.auto_scan
    return auto_scan


def _desk(request: Request, hides: Hides) -> Desk:
    return Desk(_engine(request), _starter(request), _auto_scan(request), _prefect(request), hide_nsfw=hides)


def _keys(request: Request) -> Keys:
    return Keys(_engine(request))


def _request_desk(request: Request, hides: Hides) -> RequestDesk:
    return RequestDesk(_engine(request), _desk(request, hides))


def _program_desk(request: Request, hides: Hides) -> ProgramDesk:
    secrets: Secrets = request.app.state.secrets
    return ProgramDesk(_engine(request), _desk(request, hides), secrets)


def _identify_desk(request: Request, hides: Hides) -> IdentifyDesk:
    secrets: Secrets = request.app.state.secrets
    return IdentifyDesk(_engine(request), _desk(request, hides), secrets)


def _seen(request: Request, hides: Hides) -> Callable[[], models.Dashboard]:
    def see() -> models.Dashboard:
        read = dashboard.snapshot(_engine(request), hide_nsfw=hides)
        return overview.dashboard(read, _starter(request).prospect, _auto_scan(request).upcoming)

    return see


def _reading(request: Request, hides: Hides) -> Iterator[Connection]:
    with dashboard.instant(_engine(request), hide_nsfw=hides) as conn:
        yield conn


def _writing(request: Request, hides: Hides) -> Iterator[Connection]:
    with _engine(request).begin() as conn:
        if hides:
            nsfw.hide(conn)
        yield conn


def _report(request: Request, hides: Hides) -> Callable[[], list[Check]]:
    state = request.app.state

    def look() -> list[Check]:
        return report(state.engine, state.prefect, state.watch.state, state.peers, hide_nsfw=hides)

    return look


def _covers(request: Request) -> Covers:
    covers: Covers = request.app.state.covers
    return covers


def _upcoming(request: Request) -> Upcoming:
    upcoming: Upcoming = request.app.state.upcoming
    return upcoming


async def _sent(request: Request) -> dict[str, list[str]]:
    form = await request.form()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


#: The fields of a form, whatever they are called, each with all that was sent under its name.
Sent = Annotated[dict[str, list[str]], Depends(_sent)]
TheEngine = Annotated[Engine, Depends(_engine)]
ThePrefect = Annotated[Prefect, Depends(_prefect)]
TheStarter = Annotated[Starter, Depends(_starter)]
#: Reads the ledger's instant, with what Prefect said last.
TheSeen = Annotated[Callable[[], models.Dashboard], Depends(_seen)]
TheCovers = Annotated[Covers, Depends(_covers)]
#: When the sweeps over requests run next.
TheUpcoming = Annotated[Upcoming, Depends(_upcoming)]
#: Looks whether everything that is needed is there.
TheReport = Annotated[Callable[[], list[Check]], Depends(_report)]
TheDesk = Annotated[Desk, Depends(_desk)]
TheKeys = Annotated[Keys, Depends(_keys)]
TheRequestDesk = Annotated[RequestDesk, Depends(_request_desk)]
TheProgramDesk = Annotated[ProgramDesk, Depends(_program_desk)]
TheIdentifyDesk = Annotated[IdentifyDesk, Depends(_identify_desk)]
#: A transaction that sees one instant and only reads; committed before the answer is sent, where it writes. In both,
#: what is NSFW is not there where the one who asks is not to see it.
Reading = Annotated[Connection, Depends(_reading, scope="function")]
Writing = Annotated[Connection, Depends(_writing, scope="function")]
#: As wide as the ledger's ids.
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
