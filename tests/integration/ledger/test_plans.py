"""Whatever PostgreSQL knows of the table, what workers ask again and again reads a few rows, not the whole queue."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from psycopg import ClientCursor
from sqlalchemy import Connection, Engine, event, text

from db import dashboard, ledger
from db.dashboard import STATES, STATUSES, Search
from db.dashboard.times import FEW
from db.ledger import Outcome
from flows.queues import BY_NAME
from tests.integration.ledger.steps import do

FULL, EMPTY = BY_NAME["image-thumbnail"], BY_NAME["collection-refresh"]
JOBS = 20_000
FILL = """
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label)
    SELECT :queue, 'image', CAST(n AS text), 'page ' || n FROM generate_series(1, :jobs) n
"""
#: The first of them, one after another as they are claimed.
FINISH = """
    UPDATE job_runs SET status = 'completed', started_at = now(), finished_at = now()
    WHERE queue_name = :queue AND id < (SELECT min(id) + :jobs FROM job_runs WHERE queue_name = :queue)
"""
EXPIRE = text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second' WHERE lease_owner IS NOT NULL")
ASKED: dict[str, Callable[[Connection], object]] = {
    "claim": lambda conn: ledger.claim(conn, FULL, "here:1:a"),
    "claim where nothing waits": lambda conn: ledger.claim(conn, EMPTY, "here:1:b"),
    "next due": lambda conn: ledger.next_due(conn, FULL.name),
    "next due where nothing waits": lambda conn: ledger.next_due(conn, EMPTY.name),
    "more than some": lambda conn: ledger.has_more_due_than(conn, FULL.name, 50),
    "more than some where nothing waits": lambda conn: ledger.has_more_due_than(conn, EMPTY.name, 50),
    "queues to start": ledger.queues_to_start,
    "queues to help": lambda conn: ledger.queues_to_help(conn, "there"),
    "renew": lambda conn: ledger.renew(conn, ["here:1:a"], {}),
    "rescue": ledger.rescue,
    "rescue of a queue": lambda conn: ledger.rescue(conn, FULL.name),
    "bury": ledger.bury,
    "release": lambda conn: ledger.release(conn, ["here:1:a"]),
    "claim again": lambda conn: ledger.claim(conn, FULL, "here:1:c"),
    "rescue of what was lost": lambda conn: (conn.execute(EXPIRE), ledger.rescue(conn)),
    "settle": lambda conn: ledger.settle(
        conn, "here:1:d", [Outcome(job.id, "completed") for job in ledger.claim(conn, FULL, "here:1:d")]
    ),
}
DELAY = "UPDATE job_runs SET run_at = now() + interval '1 hour' WHERE lease_owner IS NULL AND finished_at IS NULL"
#: What steps over what waits for later, where it does not look for it by priority.
DUE = ("claim", "more than some", "queues to help")
#: Of those that are done every tenth has failed, of those that wait some come back later.
SPOIL = """
    UPDATE job_runs SET status = CASE WHEN finished_at IS NULL THEN status ELSE 'failed' END,
                        error = 'It failed.', origin_id = 1,
                        run_at = CASE WHEN finished_at IS NULL AND id % 400 = 0 THEN now() + interval '1 hour'
                                 ELSE run_at END
    WHERE id % 10 = 0
"""
FRESH = 40
#: Of the statements of a connection that take parameters.
PLANS = """
    SELECT sum(custom_plans) AS own, sum(generic_plans) AS for_any FROM pg_prepared_statements
    WHERE cardinality(parameter_types) > 0
"""
#: A claim takes a grain of 25, and looks each of its rows up once more; 51 are counted to know that there are 50.
MOST_ROWS, MOST_BLOCKS = 60, 1_500


@pytest.fixture
def just_enqueued(engine: Engine) -> Engine:
    """PostgreSQL knows a table that is all of another queue and all completed; then one that was empty is filled."""
    do(engine, Connection.execute, text("ALTER TABLE job_runs SET (autovacuum_enabled = off)"))
    do(engine, Connection.execute, text(FILL), {"queue": "media-probe", "jobs": 1_000})
    do(engine, Connection.execute, text(FINISH), {"queue": "media-probe", "jobs": 1_000})
    do(engine, Connection.execute, text("ANALYZE job_runs"))
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": JOBS})
    return engine


@pytest.fixture
def half_done(just_enqueued: Engine) -> Engine:
    """Half of them are done, and nobody has vacuumed."""
    do(just_enqueued, Connection.execute, text(FINISH), {"queue": FULL.name, "jobs": JOBS // 2})
    return just_enqueued


@pytest.mark.parametrize("state", ["just_enqueued", "half_done"])
def test_a_queue_that_was_just_filled_is_never_read_whole(state: str, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue(state)
    read, blocks = {}, {}
    for name, ask in ASKED.items():
        with explained(engine) as plans, engine.begin() as conn:
            ask(conn)
        read[name] = max((rows_read(plan) for plan in plans), default=0)
        blocks[name] = max(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
    assert {name: rows for name, rows in read.items() if rows > MOST_ROWS} == {}
    assert {name: count for name, count in blocks.items() if count > MOST_BLOCKS} == {}
    assert read["claim"] >= FULL.grain, "the statements were explained"


def test_what_is_due_is_found_without_stepping_over_what_waits_for_later(engine: Engine) -> None:
    do(engine, Connection.execute, text("ALTER TABLE job_runs SET (autovacuum_enabled = off)"))
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": JOBS})
    do(engine, Connection.execute, text(DELAY))
    do(engine, Connection.execute, text("UPDATE library_settings SET background_worker_concurrency = 4"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE job_runs"))
    add = "UPDATE job_runs SET run_at = now() WHERE id IN (SELECT id FROM job_runs ORDER BY id LIMIT 3)"
    do(engine, Connection.execute, text(add))
    blocks = {}
    with engine.connect() as conn:
        for name in DUE:
            if name == "queues to help":
                ledger.flow_works(conn, FULL.name, str(uuid.uuid4()), host="here", pid=1)
            with explained(engine) as plans:
                assert ASKED[name](conn) is not None
            blocks[name] = max(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
    assert {name: count for name, count in blocks.items() if count > 200} == {}


def test_words_that_no_job_has_are_not_looked_for_in_those_that_have_ended(engine: Engine) -> None:
    waiting = 3_000
    do(engine, Connection.execute, text(FILL), {"queue": "media-probe", "jobs": JOBS})
    do(engine, Connection.execute, text(FINISH), {"queue": "media-probe", "jobs": JOBS})
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": waiting})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE job_runs"))
    with explained(engine) as plans, dashboard.instant(engine) as conn:
        wanted = Search(text="nowhere to be found")
        assert dashboard.search(conn, wanted, dashboard.survey(conn, wanted)) == []
    assert waiting == max(map(rows_read, plans))


FILTERS = [
    Search(),
    Search(queue=FULL.name),
    Search(origin=1),
    Search(errors=True),
    Search(text="page"),
    *(Search(status=status) for status in (*STATUSES, *STATES)),
]
WAITING = 2_000
#: Of the jobs that are there, an hour passes.
AGE = "UPDATE job_runs SET created_at = created_at - interval '1 hour'"
HOUR = timedelta(hours=1)


def test_the_few_jobs_of_a_time_are_found_without_reading_those_before_and_after(engine: Engine) -> None:
    """A few wait since two hours ago; of very many of an hour ago some wait, for later too, the others were completed
    or failed; then come a few more, of which PostgreSQL knows nothing yet."""
    do(engine, Connection.execute, text("ALTER TABLE job_runs SET (autovacuum_enabled = off)"))
    do(engine, Connection.execute, text(FILL), {"queue": "fingerprint", "jobs": FRESH})
    do(engine, Connection.execute, text(AGE))
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": JOBS})
    do(engine, Connection.execute, text(FINISH), {"queue": FULL.name, "jobs": JOBS - WAITING})
    do(engine, Connection.execute, text(SPOIL))
    do(engine, Connection.execute, text(AGE))
    do(engine, Connection.execute, text("ANALYZE job_runs"))
    now = do(engine, dashboard.now)
    do(engine, Connection.execute, text(FILL), {"queue": "media-probe", "jobs": FRESH})
    after = {"since": now - HOUR / 2}, "media-probe", MOST_ROWS + FEW
    before = {"until": now - HOUR * 3 / 2}, "fingerprint", WAITING + 2 * FRESH
    between = {"since": now - HOUR * 3 / 4, "until": now - HOUR / 2}, "none", WAITING + 2 * FRESH
    for window, queue, most in (after, before, between):
        read = {}
        for wanted in (replace(each, **window) for each in FILTERS):
            with explained(engine) as plans, dashboard.instant(engine) as conn:
                found = dashboard.search(conn, wanted, dashboard.survey(conn, wanted))
            assert {job.queue_name for job in found} <= {queue}
            read[wanted] = max(map(rows_read, plans))
        assert {wanted: rows for wanted, rows in read.items() if rows > most} == {}
        assert read[Search(**window)] >= FRESH or queue == "none"


def test_what_waits_is_not_looked_for_among_all_jobs_of_a_time_that_ended_before(engine: Engine) -> None:
    do(engine, Connection.execute, text(FILL), {"queue": "media-probe", "jobs": JOBS})
    do(engine, Connection.execute, text(FINISH), {"queue": "media-probe", "jobs": JOBS})
    do(engine, Connection.execute, text(AGE))
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": WAITING})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE job_runs"))
    until = do(engine, dashboard.now) - HOUR / 2
    for wanted in (Search(status="queued", until=until), Search(status="queued", queue=FULL.name, until=until)):
        with explained(engine) as plans, dashboard.instant(engine) as conn:
            assert dashboard.search(conn, wanted) == []
        assert max(map(rows_read, plans)) <= WAITING


@contextmanager
def explained(engine: Engine) -> Iterator[list[dict[str, Any]]]:
    """The plans of all statements that are executed meanwhile, each with what it read: it is executed twice.

    Where PostgreSQL is told to plan for any parameters, it is that plan.
    """
    plans: list[dict[str, Any]] = []

    def explain(conn: Connection, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        cursor = conn.connection.cursor()
        cursor.execute("SAVEPOINT explained")
        if generic := cursor.execute("SHOW plan_cache_mode").fetchone() == ("force_generic_plan",):
            statement, parameters = prepared(cursor, statement, parameters), None
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters or None)
        plans.append(cursor.fetchone()[0][0]["Plan"])
        if generic:
            cursor.execute("DEALLOCATE explained")
        cursor.execute("ROLLBACK TO explained")

    event.listen(engine, "before_cursor_execute", explain)
    yield plans
    event.remove(engine, "before_cursor_execute", explain)


def prepared(cursor: Any, statement: str, parameters: dict[str, Any]) -> str:
    """What executes the statement by a plan that is made without knowing its parameters."""
    names = [*parameters]
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement)
    cursor.execute(f"PREPARE explained AS {numbered}")
    said = ", ".join(f"%({name})s" for name in names)
    return ClientCursor(cursor.connection).mogrify(f"EXECUTE explained ({said})", parameters)


def rows_read(plan: dict[str, Any]) -> int:
    """The most rows of the ledger that one part of a plan has read, wanted or not."""
    own = 0
    if plan.get("Relation Name") == "job_runs" and "Scan" in plan["Node Type"]:
        removed = sum(plan.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Index Recheck"))
        own = int((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return max([own, *(rows_read(part) for part in plan.get("Plans", ()))])


def test_a_renewed_lease_touches_no_index(engine: Engine) -> None:
    do(engine, Connection.execute, text(FILL), {"queue": FULL.name, "jobs": 3})
    assert len(do(engine, ledger.claim, FULL, "here:1:a")) == 3
    with engine.begin() as conn:
        assert ledger.renew(conn, ["here:1:a"], {}).held == {"here:1:a"}
        assert conn.scalar(text("SELECT pg_stat_get_xact_tuples_hot_updated('job_runs'::regclass)")) == 3


def test_each_search_is_planned_for_what_it_looks_for_however_often_pages_are_asked(engine: Engine) -> None:
    for n in range(20):
        with dashboard.instant(engine) as conn:
            wanted = Search(text=f"film {n}", until=dashboard.now(conn))
            dashboard.search(conn, wanted, dashboard.survey(conn, wanted))
            plans = conn.execute(text(PLANS)).one()
    assert (plans.own > 0, plans.for_any) == (True, 0)
