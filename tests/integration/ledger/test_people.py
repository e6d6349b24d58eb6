"""What a person does to jobs: cancel, clear, retry."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from db import ledger
from db.ledger import AlreadyFinishedError, NotFinishedError, NotFoundError, Outcome
from tests.integration.ledger.steps import (
    PROBE,
    claim,
    do,
    fail,
    row,
    settle,
    start,
    want,
)


def test_cancelling_what_waits_ends_it_at_once(engine):
    [job_id] = want("preview", 1, engine=engine).job_ids
    done = do(engine, ledger.cancel_job, job_id)
    assert (done.cancelled, done.cancelling) == (1, 0)
    assert row(engine, job_id).status == "cancelled"
    assert claim(engine) == []


def test_cancelling_what_runs_waits_for_its_processes(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    done = do(engine, ledger.cancel_queue, "preview")
    assert (done.cancelled, done.cancelling) == (0, 1)
    assert row(engine, job.id).status == "running"
    settle(engine, Outcome(job.id, "retry", error="killed", delay=1))
    assert row(engine, job.id).status == "cancelled"


def test_a_cancelled_row_stays_cancelled_whatever_its_worker_says(engine):
    want("media-probe", 1, engine=engine)
    [job] = claim(engine, PROBE)
    do(engine, ledger.cancel_job, job.id)
    assert settle(engine, Outcome(job.id, "completed")) == {}
    assert not start(engine, job)
    assert row(engine, job.id).status == "cancelled"


def test_cancelling_an_ended_or_unknown_job_is_refused(engine):
    [job_id] = want("preview", 1, engine=engine).job_ids
    do(engine, ledger.cancel_job, job_id)
    with pytest.raises(AlreadyFinishedError, match="already ended: cancelled"):
        do(engine, ledger.cancel_job, job_id)
    with pytest.raises(NotFoundError):
        do(engine, ledger.cancel_job, job_id + 1)


def test_kill_all_leaves_what_waits(engine):
    want("preview", 1, 2, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    assert do(engine, ledger.cancel_running).cancelling == 1
    assert len(claim(engine, owner="b")) == 0  # its slot is still taken
    settle(engine, Outcome(job.id, "cancelled", error="Cancelled."))
    assert len(claim(engine, owner="b")) == 1


def test_clearing_keeps_status_and_error(engine):
    job_id = fail(engine, 1)
    cleared = do(engine, ledger.clear)
    assert cleared.jobs == 1
    after = row(engine, job_id)
    assert (after.status, after.error) == ("failed", "moov atom not found in 1")
    assert after.cleared_at is not None
    assert do(engine, ledger.unclear, cleared.moment) == 1
    assert row(engine, job_id).cleared_at is None


def test_clearing_one_queue_leaves_the_others(engine):
    preview, probe = fail(engine, 1), fail(engine, 1, "media-probe")
    assert do(engine, ledger.clear, "preview").jobs == 1
    assert row(engine, preview).cleared_at is not None
    assert row(engine, probe).cleared_at is None


def test_retry_by_hand_puts_the_same_row_back_with_fresh_attempts_and_keeps_the_error_in_its_story(engine):
    job_id = fail(engine, 1)
    assert do(engine, ledger.retry_job, job_id) == "preview"
    after = row(engine, job_id)
    assert (after.status, after.attempts, after.priority, after.trigger) == ("queued", 0, 10, "retry")
    with engine.begin() as conn:
        story = conn.execute(text("SELECT metadata FROM job_events WHERE job_id = :id"), {"id": job_id}).scalars().all()
    assert story == [{"error": "moov atom not found in 1"}]


def test_retry_is_refused_while_the_target_waits_again(engine):
    job_id = fail(engine, 1)
    want("preview", 1, engine=engine)
    with pytest.raises(NotFinishedError, match="already waiting"):
        do(engine, ledger.retry_job, job_id)
    assert do(engine, ledger.retry_failed) == 0


def test_retry_of_a_completed_job_is_refused(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    settle(engine, Outcome(job.id, "completed"))
    with pytest.raises(NotFinishedError, match="it is completed"):
        do(engine, ledger.retry_job, job.id)


def test_retry_failed_takes_one_queue(engine):
    fail(engine, 1), fail(engine, 2)
    fail(engine, 1, "media-probe")
    assert do(engine, ledger.retry_failed, "preview") == 2


def test_a_later_end_of_the_same_target_supersedes_an_older_failure(engine):
    old = fail(engine, 1)
    new = fail(engine, 1)
    assert row(engine, old).cleared_at is not None
    assert row(engine, new).cleared_at is None
