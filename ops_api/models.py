"""What the API says: every shape that goes out or comes in, in camelCase."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
State = Literal["queued", "running", "completed", "failed", "cancelled", "delayed", "stuck", "cancelling"]
QueueStatus = Literal["idle", "active", "warning", "waiting-for-worker"]


def _storable(value: str) -> str:
    if "\0" in value or (not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)):
        raise ValueError("a character is not allowed")
    return value


#: What comes in and may go to the database, which takes neither NUL nor halves of characters.
Text = Annotated[str, AfterValidator(_storable)]


class Model(BaseModel):
    """Snake case inside, camel case outside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)


class ErrorDetail(Model):
    """What went wrong, for a program and for a person."""

    code: str = Field(examples=["not_found"])
    message: str = Field(examples=["There is no job 4711."])


class ErrorBody(Model):
    """The body of every answer that is an error."""

    error: ErrorDetail


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


class Queue(Model):
    """One queue: what it is and how much it has to do."""

    queue_name: str = Field(examples=["preview"])
    label: str
    description: str
    section: str
    ready: bool = Field(description="Whether this version can run it")
    status: QueueStatus
    running: int
    cancelling: int = Field(description="Running, and asked to stop")
    queued: int = Field(description="Waiting for nothing but a free slot")
    delayed: int = Field(description="Waiting for a later time")
    backlog: int = Field(description="Queued and delayed together")
    failed: int = Field(description="Failed and not cleared")
    cancelled: int = Field(description="Cancelled and not cleared")
    completed: int
    slots: int
    slots_in_use: int
    lacking: int = Field(description="Videos without this queue's result that no unfinished job covers")


class Stats(Model):
    """True totals over all queues."""

    running: int
    backlog: int
    ready: int
    delayed: int
    next_delayed_at: datetime | None
    failures: int
    failure_kinds: int
    cancelled: int
    retained_done: int


class Schedule(Model):
    """When folders are scanned without being asked."""

    enabled: bool
    interval_minutes: int = Field(examples=[60])
    next_at: datetime | None


class Workers(Model):
    """Who could do the work; None where Prefect did not say."""

    alive: int | None
    prefect: bool


class FailureGroup(Model):
    """Uncleared failures with one normalised error."""

    kind: str
    count: int
    queues: list[str]
    first_at: datetime
    last_at: datetime
    jobs: list[Job] = Field(description="The newest of them")


class Dashboard(Model):
    """The ledger at one instant. Counts are true totals; each list is capped at 50."""

    as_of: datetime
    stats: Stats
    queues: list[Queue]
    active_jobs: list[Job]
    failed_jobs: list[Job] = Field(description="Uncleared failures, then uncleared cancelled jobs")
    failure_groups: list[FailureGroup]
    completed_jobs: list[Job]
    schedule: Schedule
    last_scan_at: datetime | None
    workers: Workers
    roots: int = Field(description="Watched folders")


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
    """A scan of one folder."""

    job_id: int | None


class Cancelled(Told):
    """What a cancel ended at once, and what it asked to end."""

    queue_name: str | None
    cancelled: int
    cancelling: int


class JobCancelled(Told):
    """A cancel of one job."""

    id: int
    state: Literal["cancelled", "cancelling"]


class Cleared(Told):
    """How many failures were acknowledged."""

    cleared: int


class Retried(Told):
    """How many jobs were put back."""

    retried: int


class Which(Model):
    """Which failed or cancelled jobs are meant: all of them, where nothing is said."""

    model_config = ConfigDict(extra="forbid")

    queue_name: Text | None = Field(default=None, examples=["preview"])
    job_ids: list[int] | None = Field(default=None, max_length=10_000)
    status: Literal["failed", "cancelled"] | None = None
    kind: Text | None = Field(default=None, description="An `errorKind`: all failures of a group")


class Health(Model):
    """Whether the page can work, and who answers."""

    status: Literal["ok", "unavailable"]
    database: bool
    prefect: bool
    workers: int | None
    version: str


class Choices(Model):
    """What a person may choose of a watched folder; what is not said stays as it is."""

    model_config = ConfigDict(extra="forbid")

    label: Text | None = Field(None, examples=["Films"])
    enabled: bool = True
    recursive: bool = True
    scan_movies: bool = True
    scan_series: bool = True
    scan_images: bool = True
    scan_audio: bool = True
    is_nsfw: bool = False

    def said(self) -> dict[str, Any]:
        """The choices that were made."""
        return self.model_dump(include=set(Choices.model_fields), exclude_unset=True)


class NewLibrary(Choices):
    """A folder to watch."""

    path: Text = Field(examples=["/media/films"])


class Library(Model):
    """A watched folder."""

    id: int
    path: str = Field(examples=["/media/films"])
    label: str
    enabled: bool
    recursive: bool
    scan_movies: bool
    scan_series: bool
    scan_images: bool
    scan_audio: bool
    is_nsfw: bool
    last_scanned_at: datetime | None


class Libraries(Model):
    """All watched folders."""

    libraries: list[Library]


class LibrarySettings(Model):
    """What is generated, how, and how much of it at once. A PUT changes what it names."""

    model_config = ConfigDict(extra="forbid")

    auto_scan_enabled: bool = False
    scan_interval_minutes: int = Field(60, ge=5, le=1440)
    auto_generate_metadata: bool = True
    auto_generate_fingerprints: bool = True
    auto_generate_preview: bool = True
    generate_phash: bool = False
    generate_trickplay: bool = True
    trickplay_interval_seconds: int = Field(10, ge=1, le=60)
    preview_clip_duration_seconds: int = Field(8, ge=2, le=60)
    thumbnail_quality: int = Field(2, ge=1, le=31, description="1 is native size, 31 the smallest")
    trickplay_quality: int = Field(2, ge=1, le=31, description="1 is native size, 31 the smallest")
    background_worker_concurrency: int = Field(1, ge=1, le=16, description="Multiplies the slots of every queue")
    metadata_storage_dedicated: bool = True
    nsfw_lan_auto_enable: bool = False
