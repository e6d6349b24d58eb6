"""The ledger: one row per unit of work, its events, and the flows that are working a queue off."""

from __future__ import annotations

from sqlalchemy import REAL, BigInteger, CheckConstraint, Computed, ForeignKey, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import TRIGRAMS, Base, CreatedAt, Id, Json, Moment

UNFINISHED = text("status IN ('queued', 'running')")

#: The first line of an error without what differs from file to file: its target, other paths, addresses, numbers.
ERROR_KIND = r"""
    CASE WHEN error IS NOT NULL THEN coalesce(nullif(left(regexp_replace(regexp_replace(
        replace(split_part(ltrim(error, E' \n\r\t'), E'\n', 1), target_label, '…'),
        '(''(…|[^'']*/[^'']*)''|"(…|[^"]*/[^"]*)"|(^|(?<=[\s(=]))/\S+)', '…', 'g'),
        '0x[0-9a-fA-F]+|[0-9]+', '#', 'g'), 200), ''), 'No words') END
"""


class JobRun(Base):
    """One unit of work on one target, from the moment it is wanted until long after it ended.

    Derived and never stored: *delayed* (queued, `run_at` ahead), *stuck* (running, lease expired).
    """

    __tablename__ = "job_runs"

    id: Mapped[Id]
    queue_name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="queued")
    target_type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(Text)
    target_label: Mapped[str] = mapped_column(Text)
    #: Percent, 0 to 100.
    progress: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    #: How often the work was begun.
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    max_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    #: How often the process that held it was lost; the second time is the last.
    crashes: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    #: Larger is more urgent.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    payload: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    result: Mapped[Json | None]
    error: Mapped[str | None] = mapped_column(Text)
    #: What kind of error it is: jobs that failed alike share it.
    error_kind: Mapped[str | None] = mapped_column(Text, Computed(ERROR_KIND, persisted=True))
    #: Who wanted it: `manual`, `schedule`, `retry`, or the queue whose job did.
    trigger: Mapped[str] = mapped_column(Text, server_default="manual")
    #: The job that enqueued this one, and the one at the top of that chain. No foreign key: retention may prune either.
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    run_at: Mapped[CreatedAt]
    #: Names one claim of one slot: a result that comes with another owner than the row's is refused.
    lease_owner: Mapped[str | None] = mapped_column(Text)
    lease_expires_at: Mapped[Moment | None]
    cancel_requested_at: Mapped[Moment | None]
    cleared_at: Mapped[Moment | None]
    prefect_flow_run_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    prefect_task_run_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    #: Taken right after the id, not when its transaction began, so that times follow ids: see `db.dashboard.times`.
    created_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    #: What the child processes of the last attempt that ended have used together (seconds).
    cpu_seconds: Mapped[float | None] = mapped_column(REAL)
    #: The most resident memory that one of them had (bytes).
    peak_memory: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("attempts >= 0 AND max_attempts >= 1", name="attempts"),
        CheckConstraint("(lease_owner IS NULL) = (lease_expires_at IS NULL)", name="lease_whole"),
        CheckConstraint("status <> 'running' OR (lease_owner IS NOT NULL AND started_at IS NOT NULL)", name="running"),
        CheckConstraint("(status IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
        CheckConstraint("finished_at IS NULL OR lease_owner IS NULL", name="ended_without_lease"),
        CheckConstraint("status <> 'failed' OR error IS NOT NULL", name="failed_says_why"),
        CheckConstraint("cleared_at IS NULL OR finished_at IS NOT NULL", name="cleared_after_end"),
        Index(
            "uq_job_runs_unfinished_target",
            "queue_name",
            "target_type",
            "target_id",
            unique=True,
            postgresql_where=UNFINISHED,
            # So that the jobs that cover what lacks a result are counted by the index alone, with NSFW mode off too.
            postgresql_include=["is_nsfw"],
        ),
        Index(
            "ix_job_runs_claim",
            "queue_name",
            text("priority DESC"),
            "run_at",
            "id",
            # No other index on unfinished rows can be inferred from these words: see `db.ledger.waiting`.
            postgresql_where=text("finished_at IS NULL AND lease_owner IS NULL"),
        ),
        # Without when the lease ends: a renewal, and what else leaves the owner as it is, touches no index.
        Index("ix_job_runs_leased", "queue_name", "lease_owner", postgresql_where=text("lease_owner IS NOT NULL")),
        Index(
            "ix_job_runs_uncleared",
            "queue_name",
            text("finished_at DESC"),
            postgresql_where=text("status IN ('failed', 'cancelled') AND cleared_at IS NULL"),
        ),
        Index(
            "ix_job_runs_failures",
            "error_kind",
            "queue_name",
            "finished_at",
            postgresql_where=text("status = 'failed' AND cleared_at IS NULL"),
        ),
        Index("ix_job_runs_cleared", "cleared_at", postgresql_where=text("cleared_at IS NOT NULL")),
        Index(
            "ix_job_runs_completed",
            "queue_name",
            text("finished_at DESC"),
            postgresql_where=text("status = 'completed'"),
        ),
        Index("ix_job_runs_target", "target_type", "target_id"),
        Index(
            "ix_job_runs_cleared_queue",
            "queue_name",
            text("finished_at DESC"),
            postgresql_where=text("status IN ('failed', 'cancelled') AND cleared_at IS NOT NULL"),
        ),
        Index("ix_job_runs_unfinished_origin", "origin_id", postgresql_where=UNFINISHED),
        Index("ix_job_runs_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("ix_job_runs_parent", "parent_id", "id", postgresql_where=text("parent_id IS NOT NULL")),
        # How the logs are narrowed, newest first.
        Index("ix_job_runs_ended_badly", "status", "id", postgresql_where=text("status IN ('failed', 'cancelled')")),
        Index("ix_job_runs_queue", "queue_name", "id", postgresql_where=text("finished_at IS NOT NULL")),
        Index("ix_job_runs_erred", "id", postgresql_where=text("error IS NOT NULL")),
        # A job is entered once, when it ends, and the entries are sorted in by vacuum: see `TRIGRAMS`.
        Index(
            "ix_job_runs_words",
            "target_label",
            "error",
            postgresql_using="gin",
            postgresql_ops={"target_label": "gin_trgm_ops", "error": "gin_trgm_ops"},
            postgresql_where=text("finished_at IS NOT NULL"),
            postgresql_with=TRIGRAMS,
        ),
    )


class JobEvent(Base):
    """One line of a job's story, written through the job logger in order."""

    __tablename__ = "job_events"

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("job_runs.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    level: Mapped[str] = mapped_column(Text, server_default="info")
    #: Which part of the program speaks, such as `media-probe` or `ledger`.
    context: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    # `metadata` is a name that SQLAlchemy keeps for itself.
    details: Mapped[Json | None] = mapped_column("metadata", JSONB)
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("level IN ('info', 'warn', 'error')", name="level"),
        Index("ix_job_events_job_id", "job_id", "id"),
    )


class QueueFlow(Base):
    """A flow run that was asked for or is working a queue off: how dispatch knows whether to start one."""

    __tablename__ = "queue_flows"

    flow_run_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    queue_name: Mapped[str] = mapped_column(Text, index=True)
    #: `starting` until its process runs, then `working`.
    state: Mapped[str] = mapped_column(Text, server_default="starting")
    host: Mapped[str | None] = mapped_column(Text)
    pid: Mapped[int | None]
    #: Since when Prefect says that it is over: whoever still works for it is to stop.
    disowned_at: Mapped[Moment | None]
    expires_at: Mapped[Moment]
    created_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("state IN ('starting', 'working')", name="state"),)


class QueuePause(Base):
    """A queue that takes no new work for now; `*` stands for all of them."""

    __tablename__ = "queue_pauses"

    queue_name: Mapped[str] = mapped_column(Text, primary_key=True)
    paused_at: Mapped[CreatedAt]
    #: Who wanted it, for people.
    paused_by: Mapped[str] = mapped_column(Text)
    #: When it goes on by itself; none: when somebody says so.
    until: Mapped[Moment | None]


class QueueSettings(Base):
    """What a person has set for one queue; without a row, all of it is as `flows/queues.py` and the settings say."""

    __tablename__ = "queue_settings"

    queue_name: Mapped[str] = mapped_column(Text, primary_key=True)
    #: How much of it runs at once, whatever the worker concurrency of the settings is.
    slots: Mapped[int | None] = mapped_column(SmallInteger)
    #: How urgent its jobs are at least.
    priority: Mapped[int | None] = mapped_column(SmallInteger)
    #: Whether its schedules leave out a run that they have missed, rather than make it up.
    skip_missed: Mapped[bool] = mapped_column(server_default="false")
    #: Who set it last, for people.
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("slots BETWEEN 1 AND 16", name="slots"),
        CheckConstraint("priority IN (1, 5, 10)", name="priority"),
        CheckConstraint("skip_missed OR num_nonnulls(slots, priority) > 0", name="says_something"),
    )


class Disagreement(Base):
    """Prefect and the ledger did not say the same of something, and what was done about it."""

    __tablename__ = "disagreements"

    id: Mapped[Id]
    noticed_at: Mapped[CreatedAt]
    queue_name: Mapped[str | None] = mapped_column(Text)
    flow_run_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    #: A sentence for people.
    says: Mapped[str] = mapped_column(Text)


class Installation(Base):
    """What `darkroom up` last started, for the machines that join: one row."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="1")
    version: Mapped[str] = mapped_column(Text)
    #: What the marker in the folder of generated files says.
    cache_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    started_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
