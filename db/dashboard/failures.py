"""Failures by what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from db.dashboard.jobs import CAP, COLUMNS, ENDED_BADLY
from db.models import JobRun

IS_FAILURE = (JobRun.status == "failed", JobRun.cleared_at.is_(None))
#: How many kinds of failure are shown, and how many jobs of each.
KINDS_SHOWN = 20
JOBS_SHOWN = 10
#: Seconds.
HOUR, DAY = 3600, 86400


@dataclass(frozen=True)
class FailureGroup:
    """The uncleared failures that share a normalised error."""

    kind: str
    count: int
    queues: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    #: How many there were in each hour of the last day, the newest last; in each day of the last 30 where the first is
    #: older than that day.
    bars: Sequence[int]
    #: How long a bar is (seconds).
    bar: int
    #: The newest of them, as many as are shown.
    jobs: Sequence[RowMapping]


def failure_groups(conn: Connection) -> tuple[int, list[FailureGroup]]:
    """How many kinds of failure there are, and the largest of them, largest first."""
    hour = func.date_trunc("hour", JobRun.finished_at)
    hours = (
        select(
            JobRun.error_kind.label("kind"),
            JobRun.queue_name.label("queue"),
            hour.label("hour"),
            func.count().label("jobs"),
            func.min(JobRun.finished_at).label("first_at"),
            func.max(JobRun.finished_at).label("last_at"),
        )
        .where(*IS_FAILURE)
        .group_by(JobRun.error_kind, JobRun.queue_name, hour)
        .subquery()
        .c
    )
    kinds = (
        select(
            hours.kind,
            func.sum(hours.jobs).label("jobs"),
            func.array_agg(aggregate_order_by(hours.queue.distinct(), hours.queue)).label("queues"),
            func.min(hours.first_at).label("first_at"),
            func.max(hours.last_at).label("last_at"),
            func.array_agg(hours.hour).label("hours"),
            func.array_agg(hours.jobs).label("in_hours"),
            func.count().over().label("kinds"),
            func.now().label("now"),
        )
        .group_by(hours.kind)
        .order_by(literal_column("jobs").desc(), literal_column("kind"))
        .limit(KINDS_SHOWN)
    )
    rows = conn.execute(kinds).all()
    return (rows[0].kinds if rows else 0), [_group(conn, row) for row in rows]


def _group(conn: Connection, row: Any) -> FailureGroup:
    bar, count = (HOUR, 24) if row.now - row.first_at < timedelta(seconds=24 * HOUR) else (DAY, 30)
    bars = [0] * count
    for hour, jobs in zip(row.hours, row.in_hours, strict=True):
        # the hour that is not over belongs to the last bar
        ago = int((row.now - hour).total_seconds() // bar)
        if ago < count:
            bars[-1 - max(ago, 0)] += jobs
    queues = tuple(row.queues)
    return FailureGroup(row.kind, int(row.jobs), queues, row.first_at, row.last_at, bars, bar, _newest(conn, row.kind))


def uncleared_ids(
    conn: Connection, *, queue: str | None = None, status: str | None = None, kind: str | None = None
) -> list[int]:
    """The ids of the failed and cancelled jobs that nobody has cleared: of one queue, status or kind of error."""
    wanted = {JobRun.queue_name: queue, JobRun.status: status, JobRun.error_kind: kind}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    ended = JobRun.status.in_(ENDED_BADLY)
    return list(conn.scalars(select(JobRun.id).where(ended, JobRun.cleared_at.is_(None), *conditions)))


def _newest(conn: Connection, kind: str) -> Sequence[RowMapping]:
    statement = (
        select(*COLUMNS)
        .where(JobRun.error_kind == kind, *IS_FAILURE)
        .order_by(JobRun.finished_at.desc(), JobRun.id.desc())
        .limit(min(JOBS_SHOWN, CAP))
    )
    return conn.execute(statement).mappings().all()
