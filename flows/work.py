"""What the engine needs to know of a queue's work, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from sqlalchemy import Connection

from db.ledger import Claimed, FollowUp
from tasks.control import Control

Target = TypeVar("Target")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Snooze(Generic[Result]):
    """What `run` returns of a job that went well and is to come back: in so many seconds, with all its attempts."""

    result: Result
    seconds: float


class Done(NamedTuple, Generic[Target, Result]):
    """One job whose kernel came back with a result; `snoozed` where the job comes back."""

    job: Claimed
    target: Target
    result: Result
    snoozed: bool = False


@dataclass(frozen=True)
class GivenUp:
    """One job that ended without a result: it failed for good, or was cancelled while it ran."""

    job: Claimed
    error: str
    cancelled: bool
    #: What its kernel raised.
    why: Exception | None = None


class Work(Protocol[Target, Result]):
    """One queue's work: what its slots hold, how a batch of targets is read, done and written."""

    #: The queues that its jobs may give work to.
    calls_for: tuple[str, ...]

    def open(self) -> AbstractContextManager[Any]:
        """The tools that one slot keeps from job to job."""

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Target]:
        """What the jobs work on, by job id; a job that is left out has lost its target."""

    def run(self, tools: Any, job: Claimed, target: Target, control: Control) -> Result | Snooze[Result]:
        """Do one job.

        Raises:
            tasks.errors.PermanentError: trying again would not help.
            tasks.errors.TransientError: trying again may help.
            tasks.errors.CancelledError: it was asked to stop, and has.
        """

    def save(
        self, conn: Connection, done: Sequence[Done[Target, Result]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write the results of jobs that ended well, or snooze, within the settling transaction.

        Returns what each calls for, if anything.
        """

    def summary(self, result: Result) -> Mapping[str, Any]:
        """What of a result the ledger keeps for people to read."""


@runtime_checkable
class HearsFailures(Protocol):
    """A queue's work that has something to write where its jobs end without a result."""

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """Write what follows from that, within the settling transaction."""
