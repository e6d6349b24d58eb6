"""What the worker of this home is at, as the ledger has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from darkroom.settings import Settings
from darkroom.worker import worker_name
from db import ledger
from db.engine import make_engine
from db.ledger import FlowHere, JobHere
from deployments.errors import StartError
from deployments.join.detach import supervisor
from deployments.join.reach import database


@dataclass(frozen=True)
class WorkStatus:
    """Who works, and at what; `unknown` says why that cannot be told."""

    name: str
    pid: int
    flows: list[FlowHere] = field(default_factory=list)
    jobs: list[JobHere] = field(default_factory=list)
    unknown: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The same as JSON says it; `flows` and `jobs` are null where they cannot be told."""
        said: dict[str, Any] = {"name": self.name, "pid": self.pid, "flows": None, "jobs": None}
        if self.unknown:
            return said | {"unknown": self.unknown}
        return said | {"flows": [_camel(each) for each in self.flows], "jobs": [_camel(each) for each in self.jobs]}


def _camel(row: FlowHere | JobHere) -> dict[str, Any]:
    values = ((to_camel(name), value) for name, value in asdict(row).items())
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}


@contextmanager
def _asking(url: str) -> Iterator[Connection]:
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()


def status(settings: Settings) -> WorkStatus | None:
    """None where no worker of this home is there."""
    if (pid := supervisor(settings)) is None:
        return None
    name = worker_name(settings)
    try:
        with _asking(database(settings)) as conn:
            place = ledger.place()
            return WorkStatus(name, pid, ledger.flows_here(conn, place), ledger.jobs_here(conn, place))
    except StartError as error:
        return WorkStatus(name, pid, unknown=str(error))
    except SQLAlchemyError as error:
        return WorkStatus(name, pid, unknown=f"The database does not answer: {str(error).splitlines()[0]}")
