"""What an endpoint may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy import Connection, Engine

from db.dashboard import instant
from ops_api.desk import Desk
from ops_api.starter import Starter


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _starter(request: Request) -> Starter:
    starter: Starter = request.app.state.starter
    return starter


def _desk(request: Request) -> Desk:
    return Desk(_engine(request), _starter(request))


def _reading(request: Request) -> Iterator[Connection]:
    with instant(_engine(request)) as conn:
        yield conn


def _writing(request: Request) -> Iterator[Connection]:
    with _engine(request).begin() as conn:
        yield conn


TheEngine = Annotated[Engine, Depends(_engine)]
TheStarter = Annotated[Starter, Depends(_starter)]
TheDesk = Annotated[Desk, Depends(_desk)]
#: A transaction that sees one instant and only reads; committed before the answer is sent, where it writes.
Reading = Annotated[Connection, Depends(_reading, scope="function")]
Writing = Annotated[Connection, Depends(_writing, scope="function")]
#: As wide as the ledger's ids.
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
