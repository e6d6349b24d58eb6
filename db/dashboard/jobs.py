"""Jobs as rows: the lists of the page, one job, its events, and the search through all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    any_,
    case,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
    values,
)
from sqlalchemy.types import Text

from db.dashboard import times
from db.ledger.waiting import LATER
from db.models import JobEvent, JobRun
from flows.queues import QUEUES

#: The longest list that the page shows; the true total stands beside it.
CAP = 50

STATUSES = ("queued", "running", "completed", "failed", "cancelled")
UNFINISHED, ENDED = frozenset(STATUSES[:2]), frozenset(STATUSES[2:])
#: What a person is told of, and may try again or clear.
ENDED_BADLY = frozenset(("failed", "cancelled"))
#: What a status may further be, told by the row's times at the instant of reading.
STATES = ("delayed", "stuck", "cancelling")
#: Which statuses the jobs in such a state have.
STATUSES_OF = {"delayed": {"queued"}, "stuck": {"running"}, "cancelling": UNFINISHED}

IS_CANCELLING = and_(JobRun.status.in_(("queued", "running")), JobRun.cancel_requested_at.is_not(None))
IS_STUCK = and_(JobRun.status == "running", JobRun.lease_expires_at < func.now())
IS_DELAYED = and_(JobRun.status == "queued", JobRun.run_at > func.now())
#: The same, for those who look for them: found by the index that claims use, leases aside. As an array: that is made
#: once, however few jobs PostgreSQL takes it to be compared with.
ARE_DELAYED = JobRun.id == text(f"ANY (ARRAY(SELECT later.id FROM {LATER.format(columns='id')}))")  # noqa: S608

#: What the table's checks make true of a status besides, said so that the indexes of those rows are used.
IMPLIED = {
    "failed": (JobRun.status.in_(ENDED_BADLY),),
    "cancelled": (JobRun.status.in_(ENDED_BADLY),),
    "running": (JobRun.lease_owner.is_not(None),),
    "stuck": (JobRun.lease_owner.is_not(None),),
}

STATE = case((IS_CANCELLING, "cancelling"), (IS_STUCK, "stuck"), (IS_DELAYED, "delayed"), else_=JobRun.status).label(
    "state"
)

COLUMNS = (
    JobRun.id,
    JobRun.queue_name,
    JobRun.status,
    STATE,
    JobRun.target_type,
    JobRun.target_id,
    JobRun.target_label,
    JobRun.progress,
    JobRun.attempts,
    JobRun.max_attempts,
    JobRun.priority,
    JobRun.trigger,
    JobRun.error,
    JobRun.error_kind,
    JobRun.result,
    JobRun.payload,
    JobRun.is_nsfw,
    JobRun.parent_id,
    JobRun.origin_id,
    JobRun.run_at,
    JobRun.created_at,
    JobRun.started_at,
    JobRun.finished_at,
    JobRun.cancel_requested_at,
    JobRun.cleared_at,
    JobRun.prefect_flow_run_id,
    JobRun.prefect_task_run_id,
    JobRun.cpu_seconds,
    JobRun.peak_memory,
)


SEARCHED = (JobRun.target_label, JobRun.error)
#: What a survey tells apart: what a person may have retried and cleared, or cancelled.
_SURVEYED = {"ended": ENDED_BADLY, "unfinished": UNFINISHED}


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which jobs are looked for, newest first. `before` is the id that the page before ended with."""

    queue: str | None = None
    #: One of `STATUSES` or of `STATES`.
    status: str | None = None
    origin: int | None = None
    #: The job that enqueued them.
    parent: int | None = None
    #: What they work on: its type and its id.
    target: tuple[str, str] | None = None
    #: What wanted them: `manual`, `schedule`, `retry`, or the queue whose job did.
    trigger: str | None = None
    #: Their normalised error.
    kind: str | None = None
    #: Part of a target's label or of an error, whatever the case.
    text: str | None = None
    #: When they were enqueued.
    since: datetime | None = None
    until: datetime | None = None
    #: Only those whose last attempt went wrong, whether or not they are tried again.
    errors: bool = False
    before: int | None = None
    limit: int = CAP
    #: How many to pass over, of the newest `deepest`.
    offset: int = 0

    @property
    def is_of_a_time(self) -> bool:
        """Whether only jobs of some time are looked for."""
        return bool(self.since or self.until)

    @property
    def deepest(self) -> int:
        """So many of the newest are counted and can be paged through."""
        return DEEPEST_BY_WORDS if self.text else DEEPEST


#: How far back lists can be paged through; older jobs are found by narrower filters.
DEEPEST = 10_000
#: The same of those that have some words: each has to be read for that.
DEEPEST_BY_WORDS = 1_000


def job(conn: Connection, job_id: int) -> RowMapping | None:
    """One job, or None."""
    return conn.execute(select(*COLUMNS).where(JobRun.id == job_id)).mappings().one_or_none()


def events(conn: Connection, job_id: int, *, after: int = 0, limit: int = 500) -> Sequence[RowMapping]:
    """A job's story in the order in which it was told, from behind the event `after`."""
    told = JobEvent.__table__.c
    statement = (
        select(told.id, told.attempt, told.level, told.context, told.message, told.metadata, told.created_at)
        .where(told.job_id == job_id, told.id > after)
        .order_by(told.id)
        .limit(limit)
    )
    return conn.execute(statement).mappings().all()


def active(conn: Connection) -> Sequence[RowMapping]:
    """What runs, longest first: a line keeps its place for as long as its job runs."""
    statement = select(*COLUMNS).where(JobRun.lease_owner.is_not(None), JobRun.status == "running")
    return _listed(conn, statement.order_by(JobRun.started_at, JobRun.id))


def uncleared(conn: Connection, status: str) -> Sequence[RowMapping]:
    """The newest jobs that failed, or were cancelled, and that nobody has cleared."""
    return _newest_of_each_queue(conn, JobRun.status == status, JobRun.cleared_at.is_(None))


def ended(conn: Connection) -> Sequence[RowMapping]:
    """What was completed last."""
    return _newest_of_each_queue(conn, JobRun.status == literal_column("'completed'"))


def search(conn: Connection, wanted: Search, seen: Survey | None = None) -> Sequence[RowMapping]:
    """The jobs that match, newest first, at most `limit`; those that a survey has seen are not looked for again."""
    if seen and seen.newest is not None:
        ids: Any = seen.newest[wanted.offset : wanted.offset + wanted.limit]
    else:
        newest = _matching(conn, wanted, wanted.limit + wanted.offset).order_by(column("id").desc())
        ids = newest.limit(wanted.limit).offset(wanted.offset)
    statement = select(*COLUMNS).where(JobRun.id.in_(ids)).order_by(JobRun.id.desc())
    return conn.execute(statement).mappings().all()


def count(conn: Connection, wanted: Search, statuses: Collection[str] = ()) -> int:
    """How many jobs match, up to one more than `wanted.deepest`; with `statuses`, how many `ids` finds."""
    if statuses and wanted.status and not {*statuses} & STATUSES_OF.get(wanted.status, {wanted.status}):
        return 0
    most = wanted.deepest + 1
    matching = _matching(conn, wanted, most, statuses, any_of_them=True).limit(most).subquery()
    return conn.scalar(select(func.count()).select_from(matching)) or 0


@dataclass(frozen=True)
class Survey:
    """How many jobs match, up to one more than can be listed; of these, how many `ids` finds in two states."""

    total: int
    ended: int = 0
    unfinished: int = 0
    #: The ids of all that can be listed, newest first, where finding them took reading them.
    newest: Sequence[int] | None = None


def survey(conn: Connection, wanted: Search) -> Survey:
    """What is known of the jobs that match, read once; by state, each is counted where more match than can be listed.

    Of those that have some words, none is known by state then.
    """
    most = wanted.deepest + 1
    states = [and_(*_open(statuses)).label(name) for name, statuses in _SURVEYED.items()]
    in_order = bool(wanted.text) or wanted.is_of_a_time
    matching = _matching(conn, wanted, most, columns=states, any_of_them=not in_order).limit(most)
    seen = (matching.order_by(column("id").desc()) if in_order else matching).subquery().c
    counts = [func.count(), *(func.count().filter(seen[name]) for name in _SURVEYED)]
    ids = [func.array_agg(seen.id)] if in_order else []
    total, ended, unfinished, *found = conn.execute(select(*counts, *ids)).one()
    newest = sorted(found[0] or (), reverse=True)[: wanted.deepest] if in_order else None
    if total == most:
        both = _SURVEYED.values()
        ended, unfinished = (0, 0) if wanted.text else (count(conn, wanted, statuses) for statuses in both)
    return Survey(total, ended, unfinished, newest)


def _matching(
    conn: Connection,
    wanted: Search,
    most: int,
    statuses: Collection[str] = (),
    *,
    columns: Sequence[ColumnElement[bool]] = (),
    any_of_them: bool = False,
) -> Select[tuple[int]]:
    """The ids that match, and `columns` of their rows: the newest of them, at least `most` where there are so many; or
    any of them.

    Words, and the jobs of one queue, are looked for in two halves: of the jobs that have ended an index knows them.
    """
    rows = select(JobRun.id.label("id"), *columns).where(*_conditions(conn, wanted, statuses)).limit(most)
    # Times follow ids: of all jobs, those of a time are among the newest or behind them.
    if not any_of_them or (wanted.is_of_a_time and not statuses):
        rows = rows.order_by(JobRun.id.desc())
    if not wanted.text and not wanted.queue:
        return select(*rows.subquery().c)
    ended = rows.where(JobRun.finished_at.is_not(None), *_has(wanted.text))
    unfinished = rows.where(JobRun.status.in_(UNFINISHED), *_has(wanted.text, indexed=False), *_few(conn, wanted))
    halves = [half for half, its in ((ended, ENDED), (unfinished, UNFINISHED)) if not statuses or its & {*statuses}]
    return select(*union_all(*(select(*half.subquery().c) for half in halves)).subquery().c)


def _has(words: str | None, *, indexed: bool = True) -> list[ColumnElement[bool]]:
    """That a job has these words. Where no index says so, what is ASCII is compared as such first, in half the time."""
    if not words:
        return []
    whole = [column.icontains(words, autoescape=True) for column in SEARCHED]
    if indexed or not words.isascii():
        return [or_(*whole)]
    # Compared as a whole too, the few that are left: from that PostgreSQL estimates how many there are.
    first = [
        case(
            (
                func.octet_length(column) == func.length(column),
                func.lower(column.collate("C")).contains(words.lower(), autoescape=True),
            ),
            else_=true(),
        )
        for column in SEARCHED
    ]
    return [or_(*(and_(quick, slow) for quick, slow in zip(first, whole, strict=True)))]


def ids(conn: Connection, wanted: Search, statuses: Collection[str]) -> list[int]:
    """The jobs that match, are in one of these statuses and neither cleared nor being cancelled.

    Up to one more than `DEEPEST`.
    """
    conditions = (*_conditions(conn, wanted, statuses), *_has(wanted.text))
    return list(conn.scalars(select(JobRun.id).where(*conditions).order_by(JobRun.id).limit(DEEPEST + 1)))


def _open(statuses: Collection[str]) -> list[ColumnElement[bool]]:
    if not statuses:
        return []
    return [JobRun.status.in_(statuses), JobRun.cleared_at.is_(None), ~IS_CANCELLING]


def _few(conn: Connection, wanted: Search) -> list[ColumnElement[bool]]:
    """Which the unfinished jobs of a time are that has ended, where they are few.

    As a rule they are newer. PostgreSQL does not know that, and would look for them among all jobs of that time.
    """
    if wanted.until is None:
        return []
    few = times.unfinished(conn, wanted.since, wanted.until, wanted.queue, most=wanted.deepest)
    return [] if few is None else [JobRun.id == any_(literal(few, ARRAY(BigInteger)))]


def _conditions(conn: Connection, wanted: Search, statuses: Collection[str]) -> list[ColumnElement[bool]]:
    states = {"cancelling": IS_CANCELLING, "stuck": IS_STUCK, "delayed": ARE_DELAYED}
    conditions = _open(statuses)
    named = STATUSES_OF.get(wanted.status, {wanted.status}) if wanted.status else {*STATUSES}
    if ({*statuses} or named) <= UNFINISHED:
        conditions += _few(conn, wanted)
    if wanted.queue is not None:
        conditions.append(JobRun.queue_name == wanted.queue)
    if wanted.status is not None:
        conditions.append(states.get(wanted.status, JobRun.status == wanted.status))
        conditions += IMPLIED.get(wanted.status, ())
    if wanted.origin is not None:
        conditions.append(JobRun.origin_id == wanted.origin)
    if wanted.parent is not None:
        conditions.append(JobRun.parent_id == wanted.parent)
    if wanted.target is not None:
        conditions += [JobRun.target_type == wanted.target[0], JobRun.target_id == wanted.target[1]]
    if wanted.trigger is not None:
        conditions.append(JobRun.trigger == wanted.trigger)
    if wanted.kind is not None:
        conditions.append(JobRun.error_kind == wanted.kind)
    if wanted.since is not None:
        conditions += [JobRun.created_at >= wanted.since, JobRun.id > times.below(conn, wanted.since)]
    if wanted.until is not None:
        conditions += [JobRun.created_at < wanted.until, JobRun.id < times.above(conn, wanted.until)]
    if wanted.errors:
        conditions.append(JobRun.error.is_not(None))
        conditions.append(JobRun.status != "completed")
    if wanted.before is not None:
        conditions.append(JobRun.id < wanted.before)
    return conditions


def _newest_of_each_queue(conn: Connection, *conditions: ColumnElement[bool]) -> Sequence[RowMapping]:
    """The newest few of each queue, merged: reads a few hundred entries of an index that begins with the queue."""
    queues = values(column("name", Text), name="queues").data([(queue.name,) for queue in QUEUES])
    newest = (
        select(JobRun.id)
        .where(JobRun.queue_name == queues.c.name, *conditions)
        .order_by(JobRun.finished_at.desc())
        .limit(CAP)
        .lateral("newest")
    )
    ids = select(newest.c.id).select_from(queues).join(newest, true())
    statement = select(*COLUMNS).where(JobRun.id.in_(ids))
    return _listed(conn, statement.order_by(JobRun.finished_at.desc(), JobRun.id.desc()))


def _listed(conn: Connection, statement: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
    return conn.execute(statement.limit(CAP)).mappings().all()
