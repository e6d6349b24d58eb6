"""Jobs, one or many."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from ops_api.models.base import Model, Text

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
State = Literal["queued", "running", "completed", "failed", "cancelled", "delayed", "stuck", "cancelling"]


class Job(Model):
    """One unit of work on one target."""

    id: int = Field(examples=[4711])
    queue_name: str = Field(examples=["preview"])
    queue_label: str = Field(examples=["Preview"])
    status: Status
    state: State = Field(description="The status, or what it amounts to at this instant")
    target_type: str = Field(examples=["video"])
    target_id: str = Field(examples=["17"])
    target_label: str = Field(examples=["/media/films/Metropolis (1927).mkv"])
    progress: int = Field(description="Percent", examples=[40])
    attempts: int = Field(description="How often the work was begun")
    max_attempts: int = Field(examples=[15])
    priority: int = Field(description="Larger is more urgent")
    trigger: str = Field(examples=["library-scan"])
    error: str | None = Field(description="The tool's own words")
    error_kind: str | None = Field(description="The error without what differs from file to file")
    result: dict[str, Any] | None
    payload: dict[str, Any]
    is_nsfw: bool
    parent_id: int | None
    origin_id: int | None
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    cleared_at: datetime | None
    prefect_flow_run_id: str | None
    prefect_task_run_id: str | None
    cpu_seconds: float | None = Field(
        description="CPU time of the last ended attempt's child processes; null where it had none", examples=[12.4]
    )
    peak_memory: int | None = Field(
        description="The most memory that one of them had at once, bytes", examples=[187_000_000]
    )


class JobArgument(Model):
    """Something that a job was told, or might be told otherwise when it runs again."""

    name: str = Field(examples=["clipSeconds"])
    label: str = Field(examples=["Length of the clip"])
    kind: Literal["flag", "number", "some"]
    value: bool | int | list[int] | None = Field(description="What it was told; null: nothing", examples=[20])
    default: bool | int | None = Field(description="What holds where nothing is said", examples=[8])
    bounds: tuple[int, int] | None = Field(description="The smallest and the largest number", examples=[[2, 60]])
    choices: dict[str, str] = Field(description="Of `some`: ids with their names")


class JobArguments(Model):
    """The arguments of a job; none where it has none that may be changed."""

    arguments: list[JobArgument]


class RunAgain(Model):
    """The arguments that a job is to have when it runs again; what is not named is as it would be without."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"arguments": {"clipSeconds": 20, "trickplay": False}}]},
    )

    arguments: dict[Text, StrictBool | StrictInt | list[StrictInt] | None] = Field(max_length=50)


class JobEvent(Model):
    """One line of a job's story."""

    id: int
    attempt: int
    level: Literal["info", "warn", "error"]
    context: str = Field(examples=["preview"])
    message: str
    metadata: dict[str, Any] | None
    created_at: datetime


class Events(Model):
    """A job's story, in the order in which it was told."""

    events: list[JobEvent]


class Found(Model):
    """A page of jobs, newest first."""

    jobs: list[Job]
    next_before: int | None = Field(description="Pass as `before` for the next page; null on the last")


class ChainFailure(Model):
    """One job of a chain that failed for good."""

    queue: str
    target: str
    error: str


class Chain(Model):
    """What one job led to."""

    finished: bool
    pending: int
    running: int
    seconds: float
    enqueued: int
    skipped: int
    queues: dict[str, dict[Status, int]]
    failures: list[ChainFailure]
