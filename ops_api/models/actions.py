"""What may be asked for, and what was done."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from ops_api.models.base import Model, RowId, Text


class Told(Model):
    """What was done, in a sentence."""

    message: str


class Enqueued(Told):
    """What an enqueue made of it."""

    queue_name: str
    enqueued: int
    skipped: int
    job_ids: list[int] = Field(description="The first hundred")
    started: bool = Field(description="Whether Prefect took the work up at once")


class ScanEnqueued(Enqueued):
    """The scans of one folder."""

    scans: list[int] = Field(description="Its unfinished scans: the new ones, and those that waited or ran already")


class Cancelled(Told):
    """What a cancel ended at once, and what it asked to end."""

    queue_name: str | None
    cancelled: int
    cancelling: int


class JobCancelled(Told):
    """A cancel of one job."""

    id: int
    state: Literal["cancelled", "cancelling"]


class JobAgain(Told):
    """The work of a job that has ended, as a new job."""

    id: int = Field(description="The new job", examples=[4712])


class Cleared(Told):
    """How many failures were acknowledged."""

    cleared: int
    undo: str | None = Field(description="Names what was cleared, so that it can be taken back")


class CollectionDeleted(Told):
    """A collection that was deleted, which can be taken back by its id."""

    id: int


class Retried(Told):
    """How many jobs were put back."""

    retried: int


class Which(Model):
    """Which failed or cancelled jobs are meant: all of them, where nothing is said."""

    model_config = ConfigDict(extra="forbid")

    queue_name: Text | None = Field(default=None, examples=["preview"])
    job_ids: list[RowId] | None = Field(default=None, max_length=10_000)
    status: Literal["failed", "cancelled"] | None = None
    kind: Text | None = Field(default=None, description="An `errorKind`: all failures of a group")

    def said(self) -> dict[str, Any]:
        """What was said; of many jobs the first hundred."""
        ids = None if self.job_ids is None else self.job_ids[:100]
        return self.model_dump(exclude_none=True) | ({} if ids is None else {"job_ids": ids})
