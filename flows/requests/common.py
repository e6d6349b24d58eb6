"""What the works on requests have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed
from db.requests import CANCELLED_BY_HAND, ConflictError, RequestNotFoundError, Status
from flows.database import engine
from flows.work import GivenUp
from tasks.errors import PermanentError


class RequestWork:
    """Work whose target is a request: what it may call for, how it fails, how its result is told."""

    calls_for: tuple[str, ...] = ("send_notification",)
    #: While a request is in one of these, the failure of this work is the request's failure.
    owns: ClassVar[Collection[Status]] = ()

    def open(self) -> AbstractContextManager[Any]:
        """It needs no tools."""
        return nullcontext()

    def summary(self, result: Any) -> Mapping[str, Any]:
        """What the result says of itself."""
        said: Mapping[str, Any] = result.said()
        return said

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """Let the requests fail, once, when nothing more is tried."""
        for given in jobs:
            self.fail(conn, int(given.job.target_id), given)

    def fail(self, conn: Connection, request_id: int, given: GivenUp) -> bool:
        """Let one request fail, unless it has moved on."""
        words = CANCELLED_BY_HAND if given.cancelled else given.error
        job = given.job
        return requests.fail(conn, request_id, words, while_in=self.owns, by=job.queue_name, job_id=job.id)


def begin(job: Claimed, request_id: int, status: Status, message: str) -> None:
    """Say on a request that a job has begun with it, before anything is done elsewhere.

    Raises:
        PermanentError: the request is where this makes no sense any more; nothing was changed.
    """
    try:
        with engine().begin() as conn:
            requests.arrive(conn, request_id, status, message, by=job.queue_name, job_id=job.id)
    except (ConflictError, RequestNotFoundError) as error:
        raise PermanentError(str(error)) from None
