"""How an attempt ends, and what its row then says."""

from __future__ import annotations

from sqlalchemy import text

from db import dashboard, ledger
from db.ledger import Event, Outcome
from db.totals import fold
from tests.integration.ledger.steps import (
    PREVIEW,
    PROBE,
    claim,
    do,
    row,
    settle,
    start,
    want,
)


def test_a_leased_row_is_still_queued_until_its_work_begins(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    assert row(engine, job.id).status == "queued"
    assert start(engine, job)
    after = row(engine, job.id)
    assert (after.status, after.attempts) == ("running", 1)


def test_work_shorter_than_a_write_counts_its_attempt_and_keeps_its_times(engine):
    want("media-probe", 1, engine=engine)
    [job] = claim(engine, PROBE)
    settle(engine, Outcome(job.id, "completed", result={"width": 2}, began_ago=3, ended_ago=1))
    after = row(engine, job.id)
    assert (after.status, after.attempts, after.progress, after.result) == ("completed", 1, 100, {"width": 2})
    assert 1.9 < (after.finished_at - after.started_at).total_seconds() < 2.1


def test_a_transient_failure_waits_and_is_not_failed(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    assert settle(engine, Outcome(job.id, "retry", error="disk full", delay=60)) == {job.id: "queued"}
    after = row(engine, job.id)
    assert (after.status, after.attempts, after.error) == ("queued", 1, "disk full")
    assert claim(engine) == []
    assert 55 < do(engine, ledger.next_due, "preview") <= 60


def test_the_last_attempt_that_fails_is_a_failure(engine):
    want("preview", 1, engine=engine)
    for attempt in range(1, PREVIEW.retry.attempts + 1):
        [job] = claim(engine)
        start(engine, job)
        status = settle(engine, Outcome(job.id, "retry", error="no"))[job.id]
        assert status == ("failed" if attempt == PREVIEW.retry.attempts else "queued")
    assert row(engine, job.id).attempts == PREVIEW.retry.attempts


def test_a_snooze_has_all_attempts_again_and_keeps_how_far_it_is(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    settle(engine, Outcome(job.id, "retry", error="away"))
    [job] = claim(engine)
    start(engine, job)
    settle(engine, Outcome(job.id, "snooze", delay=10, progress=40, result={"state": "stalled"}))
    after = row(engine, job.id)
    assert (after.status, after.attempts, after.progress, after.error) == ("queued", 0, 40, None)
    assert after.result == {"state": "stalled"}
    assert 8 < do(engine, ledger.next_due, "preview") <= 10


def test_events_keep_their_order_and_lose_no_odd_character(engine):
    [job_id] = want("preview", 1, engine=engine).job_ids
    said = ["one", "two \x00 \udcff", "three\n"]
    do(engine, ledger.add_events, [Event(job_id, 1, "info", "preview", words, {"n": "\x00"}) for words in said])
    with engine.begin() as conn:
        rows = conn.execute(text("SELECT message FROM job_events ORDER BY id")).scalars().all()
    assert [words[:3] for words in rows] == ["one", "two", "thr"]


def test_events_of_a_pruned_job_are_dropped(engine):
    do(engine, ledger.add_events, [Event(404, 1, "info", "preview", "late")])


def test_what_ends_is_counted_by_the_minute_and_stays_counted_when_its_row_is_pruned(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    settle(engine, Outcome(job.id, "completed"))
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs"))
        fold(conn)
        assert sum(dashboard.rates(conn)["preview"]) == 1
