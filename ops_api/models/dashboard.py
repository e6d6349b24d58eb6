"""The ledger at one instant."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ops_api.models.base import Model
from ops_api.models.jobs import Job

QueueStatus = Literal["idle", "active", "warning", "paused", "waiting-for-worker"]


class Pause(Model):
    """A queue that takes no new work."""

    paused_at: datetime
    paused_by: str
    until: datetime | None = Field(description="When it goes on by itself; null: when somebody resumes it")
    everything: bool = Field(description="Whether all queues were paused together")


class QueueOwn(Model):
    """What a person has set for one queue, and who did last."""

    slots: int | None = Field(description="Slots, whatever the concurrency of the settings is; null: as they say")
    priority: int | None = Field(description="How urgent its jobs are at least; null: as it is without")
    changed_by: str
    changed_at: datetime


class Queue(Model):
    """One queue: what it is and how much it has to do."""

    queue_name: str = Field(examples=["preview"])
    label: str
    description: str
    section: str
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
    own: QueueOwn | None = Field(description="What a person has set for this queue; null where nothing")
    lacking: int = Field(description="Files without this queue's result that no unfinished job covers")
    rebuilds: bool = Field(description="Whether Run takes `all=true`, to make anew what is there already")
    paused: Pause | None
    rate: list[int] = Field(description="Jobs that ended in the last hour, in two minutes a number, the newest last")


class Stats(Model):
    """True totals over all queues."""

    running: int
    backlog: int
    ready: int = Field(description="Due, and waiting for a free slot")
    blocked: int = Field(description="Those of the ready whose queue is paused")
    delayed: int
    next_delayed_at: datetime | None
    retrying: int = Field(description="Those of the delayed that failed before and are tried again")
    oldest_at: datetime | None = Field(description="Since when the job that waits longest is due; null where none is")
    failures: int
    failure_kinds: int
    cancelled: int
    retained_done: int


class Schedule(Model):
    """When folders are scanned without being asked."""

    enabled: bool
    interval_minutes: int = Field(examples=[60])
    next_at: datetime | None = Field(description="The next run that Prefect has scheduled; null when that is unknown")


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
    bars: list[int] = Field(
        description="How many there were by the hour in the last day, the newest last; by the day in the last 30 where"
        " the first is older"
    )
    bar_seconds: int = Field(description="How long a bar is", examples=[3600])
    jobs: list[Job] = Field(description="The newest of them")


class Dashboard(Model):
    """The ledger at one instant. Counts are true totals; each list is capped at 50."""

    as_of: datetime
    stats: Stats
    queues: list[Queue]
    paused: Pause | None = Field(description="Set while all queues are paused")
    active_jobs: list[Job]
    failed_jobs: list[Job] = Field(description="Uncleared failures, then uncleared cancelled jobs")
    failure_groups: list[FailureGroup]
    completed_jobs: list[Job]
    schedule: Schedule
    last_scan_at: datetime | None
    workers: Workers
    roots: int = Field(description="Watched folders")


class Healthy(Model):
    """Whether the page can work: all that who has not signed in is told."""

    status: Literal["ok", "unavailable"]


class Health(Healthy):
    """Whether the page can work, and who answers."""

    database: bool
    prefect: bool
    workers: int | None
    version: str


class HealthCheck(Model):
    """One thing that Darkroom needs, and how it is."""

    group: str
    name: str
    state: Literal["ok", "warn", "bad"]
    says: str
    remedy: str | None = Field(description="What to do about it")


class HealthReport(Model):
    """Everything that the health page says."""

    state: Literal["ok", "warn", "bad"] = Field(description="The worst of them")
    checks: list[HealthCheck]
