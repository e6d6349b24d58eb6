"""The words that the ledger's functions take and give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

#: Where the ledger says what it did, for whoever listens: see `db.ledger.notify`.
CHANNEL = "darkroom_jobs"

EndStatus = Literal["completed", "failed", "cancelled"]


class NotFoundError(LookupError):
    """No job has this id."""


class AlreadyFinishedError(ValueError):
    """What was asked for can only be done to a job that has not ended."""


class NotFinishedError(ValueError):
    """What was asked for can only be done to a job that has failed or was cancelled."""


@dataclass(frozen=True)
class FollowUp:
    """A unit of work that somebody wants: which queue is to do it, to what."""

    queue_name: str
    target_id: str
    target_label: str
    target_type: str = "video"
    is_nsfw: bool = False
    payload: dict[str, Any] = field(default_factory=dict)
    #: Seconds from now before which it is not to begin.
    delay: float = 0
    #: How urgent it is, where that is not for whoever asks or for its queue to say.
    priority: int | None = None


@dataclass(frozen=True)
class Enqueued:
    """How many rows an enqueue made, and how many were already waiting or running."""

    enqueued: int = 0
    skipped: int = 0
    job_ids: tuple[int, ...] = ()
    #: Why nothing was wanted, where a person can change that: one sentence that says what to do.
    obstacle: str | None = None

    def __add__(self, other: Enqueued) -> Enqueued:
        return Enqueued(self.enqueued + other.enqueued, self.skipped + other.skipped, (*self.job_ids, *other.job_ids))


class Claimed(NamedTuple):
    """A row that a slot has leased: all that its work needs to know."""

    id: int
    queue_name: str
    target_type: str
    target_id: str
    target_label: str
    payload: dict[str, Any]
    attempts: int
    max_attempts: int
    #: Its own, or that of its queue where a person has made that more urgent.
    priority: int
    trigger: str
    is_nsfw: bool
    origin_id: int | None


@dataclass(slots=True)
class Outcome:
    """How one attempt at a job ended, to be settled. Times are measured against the database's clock."""

    job_id: int
    #: `retry` puts the row back at now + `delay`; `snooze` does so as well, but all went well: it has every attempt
    #: again, and keeps its `progress` and `result`.
    kind: Literal["completed", "failed", "cancelled", "retry", "snooze"]
    result: dict[str, Any] | None = None
    error: str | None = None
    delay: float = 0
    #: Seconds before the settling statement that the work began and ended.
    began_ago: float | None = None
    ended_ago: float = 0
    progress: int | None = None
    #: What the attempt's child processes have used together: CPU seconds, and bytes of memory of the one that had most.
    cpu_seconds: float | None = None
    peak_memory: int | None = None


@dataclass(frozen=True)
class Event:
    """One line of a job's story, to be written."""

    job_id: int
    attempt: int
    level: Literal["info", "warn", "error"]
    context: str
    message: str
    details: dict[str, Any] | None = None
    #: Seconds before the statement that writes it.
    ago: float = 0
