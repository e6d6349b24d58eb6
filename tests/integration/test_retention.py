"""What has stayed long enough goes, and nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from db import dashboard, ledger, retention
from db.ledger import Event
from db.models import JobEvent, JobRun
from tests.rows import add_job, ago

LONG_AGO = 2 * 3600


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(retention, "_KINDS", tuple((kind, 2) for kind, _ in retention._KINDS))


def prune(engine) -> int:
    with engine.begin() as conn:
        return retention.prune(conn)


def left(engine) -> list[int]:
    with engine.connect() as conn:
        return list(conn.scalars(select(JobRun.id).order_by(JobRun.id)))


def test_the_newest_that_completed_stay_and_the_events_of_the_others_go_with_them(engine):
    with engine.begin() as conn:
        jobs = [add_job(conn, "completed", "preview", finished_at=ago(LONG_AGO + n)) for n in range(5)]
        ledger.add_events(conn, [Event(job, 1, "info", "preview", "Said.") for job in jobs])
    assert prune(engine) == 3
    assert left(engine) == jobs[:2]
    with engine.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(JobEvent)) == 2
        assert dashboard.queue_counts(conn)["preview"].completed == 2
    assert prune(engine) == 0


def test_failures_that_nobody_cleared_always_stay(engine):
    with engine.begin() as conn:
        uncleared = [add_job(conn, "failed", "preview", finished_at=ago(LONG_AGO + n)) for n in range(5)]
        cleared = [
            add_job(conn, "failed", "preview", finished_at=ago(LONG_AGO + n), cleared_at=ago(1)) for n in range(5)
        ]
    assert prune(engine) == 3
    assert left(engine) == sorted([*uncleared, *cleared[:2]])


def test_a_chain_that_is_still_at_work_stays_whole(engine):
    with engine.begin() as conn:
        scan = add_job(conn, "completed", "library-scan", finished_at=ago(LONG_AGO))
        for n in range(5):
            add_job(conn, "completed", "preview", finished_at=ago(LONG_AGO + n), origin_id=scan)
        last = add_job(conn, "queued", "preview", origin_id=scan)
    assert prune(engine) == 0
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs WHERE id = :id"), {"id": last})
    assert prune(engine) == 3


def test_what_ended_within_the_hour_stays(engine):
    with engine.begin() as conn:
        for n in range(5):
            add_job(conn, "completed", "preview", finished_at=ago(60 + n))
    assert prune(engine) == 0
