"""Everything that the operations page shows, at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, text

from db import nsfw
from db.dashboard.counts import Pause, QueueCounts, pauses, queue_counts, rates
from db.dashboard.failures import FailureGroup, failure_groups
from db.dashboard.jobs import active, ended, uncleared
from db.dashboard.lacking import lacking
from db.dashboard.pace import oldest
from db.ledger import QueueSettings, read_queue_settings
from flows.queues import QUEUES

# The planner takes `x IS DISTINCT FROM revision` to be true of nearly every video and would read the whole table, with
# helpers, at every poll; the partial indexes hold exactly the few of which it is true.
MANNERS = text("""
    SELECT set_config('statement_timeout', '10s', true), set_config('enable_seqscan', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true),
           set_config('plan_cache_mode', 'force_custom_plan', true)
""")
FACTS = text("""
    SELECT now() AS as_of,
           (SELECT count(*) FROM library_roots) AS roots,
           coalesce((SELECT background_worker_concurrency FROM library_settings), 1) AS multiplier,
           coalesce((SELECT auto_scan_enabled FROM library_settings), false) AS auto_scan_enabled,
           coalesce((SELECT scan_interval_minutes FROM library_settings), 60) AS scan_interval_minutes,
           (SELECT max(last_scanned_at) FROM library_roots) AS last_scan_at
""")


@dataclass(frozen=True)
class Snapshot:
    """The ledger at one instant of the database's clock. Counts are true totals; lists are capped."""

    as_of: datetime
    roots: int
    #: What the settings multiply each queue's slots by.
    multiplier: int
    auto_scan_enabled: bool
    scan_interval_minutes: int
    last_scan_at: datetime | None
    queues: dict[str, QueueCounts]
    #: What people have set for single queues.
    own: dict[str, QueueSettings]
    #: Since when the job that has been due for longest waits.
    oldest_at: datetime | None
    #: By queue; `*` is that of all.
    pauses: dict[str, Pause]
    #: Jobs that ended, in two minutes a number, the newest last.
    rates: dict[str, list[int]]
    lacking: dict[str, int]
    active: Sequence[RowMapping]
    failed: Sequence[RowMapping]
    cancelled: Sequence[RowMapping]
    completed: Sequence[RowMapping]
    #: How many kinds of failure there are; `failure_groups` has the largest of them.
    failure_kinds: int
    failure_groups: Sequence[FailureGroup]


@contextmanager
def instant(engine: Engine, *, hide_nsfw: bool = False) -> Iterator[Connection]:
    """A read-only transaction in which every statement sees the same moment; none may take longer than 10 s."""
    reading = engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading as conn, conn.begin():
        conn.execute(MANNERS)
        if hide_nsfw:
            nsfw.hide(conn)
        yield conn


def now(conn: Connection) -> datetime:
    """The instant of this transaction, by the database's clock."""
    moment: datetime = conn.execute(text("SELECT now()")).scalar_one()
    return moment


def snapshot(engine: Engine, *, hide_nsfw: bool = False) -> Snapshot:
    """Read the page's data in one transaction."""
    with instant(engine, hide_nsfw=hide_nsfw) as conn:
        with nsfw.everything(conn):
            facts = conn.execute(FACTS).mappings().one()
        kinds, groups = failure_groups(conn)
        return Snapshot(
            **facts,
            queues=queue_counts(conn),
            own=read_queue_settings(conn),
            oldest_at=oldest(conn, [queue.name for queue in QUEUES]),
            pauses=pauses(conn),
            rates=rates(conn),
            lacking=lacking(conn),
            active=active(conn),
            failed=uncleared(conn, "failed"),
            cancelled=uncleared(conn, "cancelled"),
            completed=ended(conn),
            failure_kinds=kinds,
            failure_groups=groups,
        )
