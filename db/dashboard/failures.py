"""Failures by what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from db.dashboard.jobs import CAP, COLUMNS
from db.models import JobRun

IS_FAILURE = (JobRun.status == "failed", JobRun.cleared_at.is_(None))
#: How many kinds of failure are shown, and how many jobs of each.
KINDS_SHOWN = 20
JOBS_SHOWN = 10


@dataclass(frozen=True)
class FailureGroup:
    """The uncleared failures that share a normalised error."""

    kind: str
    count: int
    queues: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    #: The newest of them, as many as are shown.
    jobs: Sequence[RowMapping]


def failure_groups(conn: Connection) -> tuple[int, list[FailureGroup]]:
    """How many kinds of failure there are, and the largest of them, largest first."""
    kinds = (
        select(
            JobRun.error_kind.label("kind"),
            func.count().label("jobs"),
            func.array_agg(aggregate_order_by(JobRun.queue_name.distinct(), JobRun.queue_name)).label("queues"),
            func.min(JobRun.finished_at).label("first_at"),
            func.max(JobRun.finished_at).label("last_at"),
            func.count().over().label("kinds"),
        )
        .where(*IS_FAILURE)
        .group_by(JobRun.error_kind)
        .order_by(literal_column("jobs").desc(), literal_column("kind"))
        .limit(KINDS_SHOWN)
    )
    rows = conn.execute(kinds).all()
    groups = [
        FailureGroup(row.kind, row.jobs, tuple(row.queues), row.first_at, row.last_at, _newest(conn, row.kind))
        for row in rows
    ]
    return (rows[0].kinds if rows else 0), groups


def uncleared_ids(
    conn: Connection, *, queue: str | None = None, status: str | None = None, kind: str | None = None
) -> list[int]:
    """The ids of the failed and cancelled jobs that nobody has cleared: of one queue, status or kind of error."""
    wanted = {JobRun.queue_name: queue, JobRun.status: status, JobRun.error_kind: kind}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    ended = JobRun.status.in_(("failed", "cancelled"))
    return list(conn.scalars(select(JobRun.id).where(ended, JobRun.cleared_at.is_(None), *conditions)))


def _newest(conn: Connection, kind: str) -> Sequence[RowMapping]:
    statement = (
        select(*COLUMNS)
        .where(JobRun.error_kind == kind, *IS_FAILURE)
        .order_by(JobRun.finished_at.desc(), JobRun.id.desc())
        .limit(min(JOBS_SHOWN, CAP))
    )
    return conn.execute(statement).mappings().all()
