"""What an endpoint may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from sqlalchemy import Connection, Engine

from db import dashboard, nsfw
from ops_api import models, overview
from ops_api.access.keys import Keys
from ops_api.covers import Covers
from ops_api.desk import Desk
from ops_api.health import Check, report
from ops_api.identify import IdentifyDesk
from ops_api.nsfw import Hides
from ops_api.prefect import Prefect
from ops_api.programs import ProgramDesk
from ops_api.requests import RequestDesk
from ops_api.starter import Starter
from ops_api.upcoming import Upcoming


def _held(name: str) -> Callable[[Request], Any]:
    def held(request: Request) -> Any:
        return getattr(request.app.state, name)

    return held


def _desk(request: Request, hides: Hides) -> Desk:
    state = request.app.state
    return Desk(state.engine, state.starter, state.auto_scan, state.prefect, hide_nsfw=hides)


def _keys(request: Request) -> Keys:
    return Keys(request.app.state.engine)


def _request_desk(request: Request, hides: Hides) -> RequestDesk:
    return RequestDesk(request.app.state.engine, _desk(request, hides))


def _program_desk(request: Request, hides: Hides) -> ProgramDesk:
    return ProgramDesk(request.app.state.engine, _desk(request, hides), request.app.state.secrets)


def _identify_desk(request: Request, hides: Hides) -> IdentifyDesk:
    return IdentifyDesk(request.app.state.engine, _desk(request, hides), request.app.state.secrets)


def _seen(request: Request, hides: Hides) -> Callable[[], models.Dashboard]:
    def see() -> models.Dashboard:
        read = dashboard.snapshot(request.app.state.engine, hide_nsfw=hides)
        return overview.dashboard(read, request.app.state.starter.prospect, request.app.state.auto_scan.upcoming)

    return see


def _reading(request: Request, hides: Hides) -> Iterator[Connection]:
    with dashboard.instant(request.app.state.engine, hide_nsfw=hides) as conn:
        yield conn


def _writing(request: Request, hides: Hides) -> Iterator[Connection]:
    with request.app.state.engine.begin() as conn:
        if hides:
            nsfw.hide(conn)
        yield conn


def _report(request: Request, hides: Hides) -> Callable[[], list[Check]]:
    state = request.app.state

    def look() -> list[Check]:
        return report(state.engine, state.prefect, state.watch.state, state.peers, hide_nsfw=hides)

    return look


async def _sent(request: Request) -> dict[str, list[str]]:
    form = await request.form()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


#: The fields of a form, whatever they are called, each with all that was sent under its name.
Sent = Annotated[dict[str, list[str]], Depends(_sent)]
TheEngine = Annotated[Engine, Depends(_held("engine"))]
ThePrefect = Annotated[Prefect, Depends(_held("prefect"))]
TheStarter = Annotated[Starter, Depends(_held("starter"))]
#: Reads the ledger's instant, with what Prefect said last.
TheSeen = Annotated[Callable[[], models.Dashboard], Depends(_seen)]
TheCovers = Annotated[Covers, Depends(_held("covers"))]
#: When the sweeps over requests run next.
TheUpcoming = Annotated[Upcoming, Depends(_held("upcoming"))]
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
