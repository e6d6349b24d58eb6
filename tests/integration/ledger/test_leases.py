"""What a process holds is its own while it gives signs of life, and free afterwards."""

from __future__ import annotations

import subprocess
import uuid

import pytest
from sqlalchemy import text

from db import ledger
from db.ledger import Outcome
from tests.integration.ledger.steps import (
    PROBE,
    claim,
    do,
    expire_leases,
    row,
    settle,
    start,
    want,
)


def test_a_lost_lease_means_that_the_result_is_refused(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine, owner="a")
    start(engine, job)
    expire_leases(engine)
    assert do(engine, ledger.rescue) == 1
    [again] = claim(engine, owner="b")
    start(engine, again, owner="b")
    assert settle(engine, Outcome(job.id, "completed"), owner="a") == {}
    assert row(engine, job.id).status == "running"
    assert settle(engine, Outcome(job.id, "completed"), owner="b") == {job.id: "completed"}


def test_an_expired_lease_on_a_row_that_had_not_begun_costs_nothing(engine):
    want("preview", 1, engine=engine)
    claim(engine)
    expire_leases(engine)
    do(engine, ledger.rescue)
    [job] = claim(engine)
    assert (row(engine, job.id).attempts, row(engine, job.id).crashes) == (0, 0)


def test_a_job_that_takes_its_process_down_twice_is_failed_with_that_reason(engine):
    want("preview", 1, engine=engine)
    for _ in range(2):
        [job] = claim(engine)
        start(engine, job)
        expire_leases(engine)
        do(engine, ledger.rescue)
    after = row(engine, job.id)
    assert after.status == "failed"
    assert "2 times" in after.error


def test_a_heartbeat_renews_writes_progress_and_brings_back_cancels(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    expire_leases(engine)
    do(engine, ledger.renew, ["a"], {job.id: 40})
    assert do(engine, ledger.rescue) == 0
    assert row(engine, job.id).progress == 40
    do(engine, ledger.cancel_job, job.id)
    renewed = do(engine, ledger.renew, ["a", "gone"], {})
    assert (renewed.held, renewed.cancel) == ({"a"}, {job.id})


def test_a_heartbeat_waits_for_no_row_that_is_being_settled_and_renews_the_others(engine):
    want("media-probe", 1, 2, engine=engine)
    first, second = claim(engine, PROBE)
    expire_leases(engine)
    with engine.begin() as settling:
        ledger.settle(settling, "a", [Outcome(first.id, "completed")])
        with engine.begin() as conn:
            conn.execute(text("SET LOCAL lock_timeout = '5s'"))
            assert ledger.renew(conn, ["a"], {}).held == {"a"}
    assert row(engine, first.id).status == "completed"
    assert do(engine, ledger.rescue) == 0
    assert row(engine, second.id).lease_owner == "a"


def test_release_gives_rows_back_without_spending_an_attempt(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    do(engine, ledger.release, ["a"])
    after = row(engine, job.id)
    assert (after.status, after.attempts, after.lease_owner) == ("queued", 0, None)


def test_what_was_to_be_cancelled_is_when_its_process_gives_it_back(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    do(engine, ledger.cancel_job, job.id)
    do(engine, ledger.release, ["a"])
    after = row(engine, job.id)
    assert (after.status, after.attempts, after.lease_owner) == ("cancelled", 1, None)
    assert after.finished_at is not None


def test_what_a_process_that_is_gone_held_is_free_at_once(engine):
    want("preview", 1, engine=engine)
    gone = subprocess.Popen(["true"])
    gone.wait()
    mine, theirs = ledger.new_owner(), f"{ledger.place()}:{gone.pid}:0123456789ab"
    [job] = claim(engine, owner=theirs)
    start(engine, job, theirs)
    do(engine, ledger.flow_works, "preview", str(uuid.uuid4()), host=ledger.place(), pid=gone.pid)
    assert do(engine, ledger.bury) == 1
    assert do(engine, ledger.rescue) == 1
    assert do(engine, ledger.queues_to_start) == ["preview"]
    assert [again.id for again in claim(engine, owner=mine)] == [job.id]


def test_a_flow_that_was_to_begin_in_a_process_that_is_gone_is_not_waited_for(engine):
    want("preview", 1, engine=engine)
    gone = subprocess.Popen(["true"])
    gone.wait()
    do(engine, ledger.flow_asked, "preview", str(uuid.uuid4()), host=ledger.place(), pid=gone.pid)
    assert do(engine, ledger.queues_to_start) == []
    do(engine, ledger.bury)
    assert do(engine, ledger.queues_to_start) == ["preview"]


@pytest.mark.parametrize("owner", ["elsewhere:1:0123456789ab", None])
def test_what_a_living_or_a_foreign_process_holds_is_left_to_its_lease(engine, owner):
    want("preview", 1, engine=engine)
    claim(engine, owner=owner or ledger.new_owner())
    assert do(engine, ledger.bury) == 0
    assert do(engine, ledger.rescue) == 0
