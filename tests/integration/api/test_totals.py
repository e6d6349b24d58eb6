"""The counts that the database keeps equal the rows, whatever is done to them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, text

from db import ledger, migrate, roots
from db.dashboard import queue_counts
from db.totals import fold
from flows.queues import BY_NAME
from tests.rows import add_folder, add_job, add_video, ago

COUNTED = text("""
    SELECT queue_name, status, is_nsfw, count(*) FROM job_runs WHERE cleared_at IS NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")
KEPT = text("""
    SELECT queue_name, status, is_nsfw, CAST(sum(jobs) AS bigint) FROM job_totals
    GROUP BY 1, 2, 3 HAVING sum(jobs) <> 0 ORDER BY 1, 2, 3
""")


def assert_kept(engine):
    with engine.connect() as conn:
        counted = conn.execute(COUNTED).all()
        assert conn.execute(KEPT).all() == counted
    return {(row[0], row[1]): row[3] for row in counted}


def test_every_kind_of_change_is_counted(engine):
    probe = BY_NAME["media-probe"]
    wishes = [ledger.FollowUp("media-probe", str(number), f"/{number}") for number in range(40)]
    with engine.begin() as conn:
        ledger.enqueue(conn, wishes, trigger="manual", priority=1)
        ledger.enqueue(conn, wishes, trigger="manual", priority=9)
    assert assert_kept(engine) == {("media-probe", "queued"): 40}
    with engine.begin() as conn:
        claimed = ledger.claim(conn, probe, "slot")
        for job in claimed:
            ledger.start(conn, job.id, "slot")
        outcomes = [
            ledger.Outcome(job.id, kind, error="It failed." if kind != "completed" else None)
            for job, kind in zip(claimed, ["completed", "failed", "cancelled", "retry"] * 3, strict=False)
        ]
        ledger.settle(conn, "slot", outcomes)
    assert assert_kept(engine)[("media-probe", "completed")] == 3
    with engine.begin() as conn:
        ledger.retry_failed(conn, "media-probe", [job.id for job in claimed[:2]])
        assert ledger.clear(conn).jobs
    assert ("media-probe", "failed") not in assert_kept(engine)
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET cleared_at = NULL"))
        conn.execute(text("DELETE FROM job_runs WHERE status = 'completed'"))
    assert ("media-probe", "completed") not in assert_kept(engine)
    with engine.begin() as conn:
        conn.execute(text("TRUNCATE job_runs CASCADE"))
    assert assert_kept(engine) == {}


def test_a_folder_that_becomes_nsfw_moves_its_jobs_to_the_other_totals(engine):
    with engine.begin() as conn:
        root = add_folder(conn)
        video = str(add_video(conn, root))
        for status in ("queued", "failed", "completed"):
            add_job(conn, status, "preview", target_id=video)
        add_job(conn, "queued", "preview", target_id="0")
    for marks, hidden in ((True, 3), (False, 0)):
        with engine.begin() as conn:
            roots.update_root(conn, root, is_nsfw=marks)
        assert_kept(engine)
        with engine.begin() as conn:
            assert conn.scalar(text("SELECT coalesce(sum(jobs), 0) FROM job_totals WHERE is_nsfw")) == hidden
            fold(conn)


def test_what_is_rolled_back_was_never_counted(engine):
    with engine.connect() as conn:
        add_job(conn)
        conn.rollback()
    assert assert_kept(engine) == {}


def test_folding_changes_no_count_and_leaves_one_row_for_each(engine):
    with engine.begin() as conn:
        for _ in range(5):
            add_job(conn)
            add_job(conn, "failed", cleared_at=ago(1))
        conn.execute(text("DELETE FROM job_runs WHERE id = (SELECT min(id) FROM job_runs)"))
        before = queue_counts(conn)
        fold(conn)
        assert queue_counts(conn) == before
        assert conn.execute(text("SELECT queue_name, status, jobs FROM job_totals")).all() == [
            ("media-probe", "queued", 4)
        ]


def test_folding_while_others_write_and_fold_loses_nothing(engine):
    def write():
        for _ in range(20):
            with engine.begin() as conn:
                add_job(conn)
                fold(conn)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert assert_kept(engine) == {("media-probe", "queued"): 80}


@pytest.fixture
def migrated(postgres_server):
    """An engine on a database that the migrations made."""
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as conn:
        conn.execute(text("CREATE DATABASE darkroom_migrated"))
    url = postgres_server.set(database="darkroom_migrated").render_as_string(hide_password=False)
    migrate.upgrade(url)
    engine = create_engine(url)
    yield engine
    engine.dispose()
    with server.connect() as conn:
        conn.execute(text("DROP DATABASE darkroom_migrated WITH (FORCE)"))
    server.dispose()


def test_a_migrated_database_counts_too(migrated):
    with migrated.begin() as conn:
        add_job(conn)
    assert assert_kept(migrated) == {("media-probe", "queued"): 1}


def test_thousands_of_jobs_end_in_one_statement_after_one_did_alone(engine):
    """Comparing each with each would take minutes."""
    with engine.begin() as conn:
        wishes = [ledger.FollowUp("media-probe", str(number), f"/{number}") for number in range(8_000)]
        first, *_ = ledger.enqueue(conn, wishes, trigger="manual", priority=1).job_ids
        for _ in range(8):
            conn.execute(text("UPDATE job_runs SET priority = 2 WHERE id = :first"), {"first": first})
        conn.execute(text("SET LOCAL statement_timeout = '30s'"))
        assert ledger.cancel_everything(conn).cancelled == 8_000
    assert assert_kept(engine) == {("media-probe", "cancelled"): 8_000}
