"""What runs by the clock, and what ran."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from ops_api.models.base import Model, Text
from ops_api.models.jobs import Job


class JobStatus(Model):
    """How one job is doing."""

    id: int
    type: str = Field(examples=["library-scan"])
    status: Literal["pending", "active", "completed", "failed", "cancelled", "stuck"]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    result: dict[str, Any] | None
    error_message: str | None
    attempts: int
    max_attempts: int


class Logs(Model):
    """A page of the logs."""

    jobs: list[Job]
    total: int = Field(description="Up to 10,001, which stands for more")
    page: int
    pages: int


#: What becomes of runs that were missed, as while the machine was off.
Missed = Literal["once", "skip"]


class ScheduledRun(Model):
    """One run that a schedule wanted."""

    at: datetime
    state: str = Field(examples=["Completed"])
    seconds: float | None = Field(description="How long it took; null where it never began", examples=[1.4])


class ScheduledJob(Model):
    """One schedule of one queue's deployment."""

    id: str
    type: str = Field(examples=["library-scan"], description="The queue")
    name: str = Field(examples=["Library scan"])
    description: str
    schedule: str | None = Field(examples=["0 3 * * *"], description="Cron; null where it runs by minutes")
    minutes: int | None = Field(examples=[60])
    timezone: str | None
    words: str = Field(examples=["Every hour"])
    enabled: bool
    editable: bool
    next_runs: list[datetime]
    last_run: datetime | None
    last_state: str | None
    last_message: str | None
    missed: Missed | None = Field(
        description="What becomes of runs that were missed: `once`, the first late run does what all of them would"
        " have done; `skip`, one that begins more than ten minutes late does nothing. Of all schedules of the queue."
        " Null: it has no such choice"
    )
    recent_runs: list[ScheduledRun] = Field(description="The last 20 that it wanted, the newest last")


class ScheduledJobs(Model):
    """All of them."""

    jobs: list[ScheduledJob]


class ScheduleChange(Model):
    """What is to change: `schedule` is cron, `minutes` an interval; one of the two."""

    model_config = ConfigDict(extra="forbid")

    schedule: Text | None = Field(default=None, max_length=100, examples=["0 3 * * *"])
    minutes: int | None = Field(default=None, ge=1, le=525_600)
    enabled: bool | None = None
    missed: Missed | None = Field(default=None, examples=["skip"])


class NewScheduledJob(Model):
    """A queue that is to run by the clock as well."""

    model_config = ConfigDict(extra="forbid")

    type: Text = Field(examples=["collection-refresh"], description="The queue")
    schedule: Text | None = Field(default=None, max_length=100, examples=["0 3 * * *"])
    minutes: int | None = Field(default=None, ge=1, le=525_600)
    enabled: bool = True
