"""A process that stops in the middle of a transaction keeps others from what it locked for as long as a lease lasts."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import engine as engines
from db import generated, ledger
from db.ledger import FollowUp
from flows.engine import QueueRun
from flows.queues import BY_NAME
from tests.threads import Threads
from tests.waiting import until

PREVIEW = replace(BY_NAME["preview"], heavy=False)


@pytest.fixture
def reached(database):
    """The database as every process of ours reaches it."""
    made = engines.make_engine(database)
    yield made
    made.dispose()


class Kernel:
    """Work of no time."""

    calls_for = ()

    def open(self):
        return nullcontext()

    def load(self, conn, jobs):
        return {job.id: job.target_id for job in jobs}

    def run(self, tools, job, target, control):
        return None

    def save(self, conn, done):
        return []

    def summary(self, result):
        return {}


def bound(conn):
    return conn.scalar(text("SHOW idle_in_transaction_session_timeout"))


def enqueue(engine):
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", "1", "/media/1.mp4")], trigger="manual", priority=1)


def test_what_a_stopped_process_was_about_to_claim_is_claimed_by_another(engine, reached, monkeypatch):
    monkeypatch.setattr(engines, "IDLE", 1)
    enqueue(engine)
    with reached.connect() as stopped:
        assert ledger.claim(stopped, PREVIEW, "stopped")
        with engine.begin() as conn:
            conn.execute(text("SET LOCAL lock_timeout = '30s'"))
            assert ledger.claim(conn, PREVIEW, "another")
        with pytest.raises(DBAPIError, match="idle-in-transaction timeout"):
            stopped.execute(text("SELECT 1"))
    with reached.connect() as conn:
        assert conn.scalar(text("SELECT lease_owner FROM job_runs")) == "another"


def test_a_flow_that_stopped_in_a_transaction_works_on_when_it_comes_back(engine, reached, monkeypatch):
    monkeypatch.setattr(engines, "IDLE", 1)
    enqueue(engine)
    claim, stopped = ledger.claim, []

    def claim_with_a_stop(*asked):
        jobs = claim(*asked)
        if not stopped:
            stopped.append(asked[0].scalar(text("SELECT pg_backend_pid()")))
            until(lambda: not is_there(engine, stopped[0]), "PostgreSQL ends the transaction")
        return jobs

    monkeypatch.setattr("db.ledger.claim", claim_with_a_stop)
    QueueRun(reached, PREVIEW, Kernel(), Threads(), str(uuid.uuid4())).work_off()
    with engine.connect() as conn:
        assert conn.execute(text("SELECT status, attempts FROM job_runs")).one() == ("completed", 1)


def is_there(engine, backend):
    with engine.connect() as conn:
        return conn.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": backend})


def test_files_that_are_moved_in_a_transaction_have_more_time_and_what_follows_it_has_not(reached):
    with reached.connect() as conn:
        assert bound(conn) == "30s"
        generated.hold(conn, 1)
        assert bound(conn) == "2min"
        conn.rollback()
        assert bound(conn) == "30s"
