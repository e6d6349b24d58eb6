"""The ledger keeps its promises on a real PostgreSQL."""

from __future__ import annotations

import random
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from db import dashboard, ledger
from db.ledger import AlreadyFinishedError, Event, FollowUp, NotFinishedError, NotFoundError, Outcome
from db.totals import fold
from flows.queues import BY_NAME

PREVIEW, PROBE = BY_NAME["preview"], BY_NAME["media-probe"]


def want(queue, *ids, engine, trigger="manual", priority=1):
    with engine.begin() as conn:
        jobs = [FollowUp(queue, str(n), f"/media/{n}.mp4") for n in ids]
        return ledger.enqueue(conn, jobs, trigger=trigger, priority=priority)


def claim(engine, queue=PREVIEW, owner="a"):
    with engine.begin() as conn:
        return ledger.claim(conn, queue, owner)


def start(engine, job, owner="a"):
    with engine.begin() as conn:
        return ledger.start(conn, job.id, owner)


def settle(engine, *outcomes, owner="a"):
    with engine.begin() as conn:
        return ledger.settle(conn, owner, outcomes)


def do(engine, function, *arguments, **named):
    with engine.begin() as conn:
        return function(conn, *arguments, **named)


def row(engine, job_id):
    with engine.begin() as conn:
        return conn.execute(text("SELECT * FROM job_runs WHERE id = :id"), {"id": job_id}).one()


def expire_leases(engine):
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second' WHERE lease_owner IS NOT NULL")
        )


def concurrency(engine, multiplier):
    with engine.begin() as conn:
        conn.execute(text("UPDATE library_settings SET background_worker_concurrency = :n"), {"n": multiplier})


def test_enqueue_says_how_many_it_made_and_how_many_were_waiting(engine):
    first = want("preview", 1, 2, engine=engine)
    second = want("preview", 2, 3, engine=engine)
    assert (first.enqueued, first.skipped) == (2, 0)
    assert (second.enqueued, second.skipped) == (1, 1)


def test_a_target_named_twice_in_one_enqueue_is_made_once(engine):
    assert (want("preview", 1, 1, engine=engine).enqueued, want("media-probe", 1, engine=engine).enqueued) == (1, 1)


def test_many_enqueuers_at_once_make_each_target_once(engine):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: want("preview", *range(50), engine=engine), range(16)))
    assert sum(each.enqueued for each in made) == 50
    assert sum(each.skipped for each in made) == 15 * 50


def test_a_finished_target_can_be_enqueued_again(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    settle(engine, Outcome(job.id, "completed"))
    assert want("preview", 1, engine=engine).enqueued == 1


def test_a_person_who_asks_again_makes_a_waiting_job_urgent(engine):
    want("preview", 1, 2, engine=engine, trigger="library-scan")
    want("preview", 2, engine=engine, priority=10)
    assert claim(engine)[0].target_id == "2"


def test_the_most_urgent_is_claimed_first_then_the_oldest(engine):
    want("media-probe", 1, 2, engine=engine)
    want("media-probe", 3, engine=engine, priority=10)
    assert [job.target_id for job in claim(engine, PROBE)] == ["3", "1", "2"]


def test_a_claim_takes_one_grain(engine):
    want("media-probe", *range(30), engine=engine)
    assert len(claim(engine, PROBE)) == PROBE.grain == 25


def test_a_queue_has_no_more_live_slots_than_base_times_multiplier(engine):
    want("preview", *range(9), engine=engine)
    concurrency(engine, 2)
    assert [len(claim(engine, owner=owner)) for owner in "abc"] == [1, 1, 0]
    concurrency(engine, 3)
    assert len(claim(engine, owner="c")) == 1


def held(engine, owner):
    with engine.begin() as conn:
        return conn.execute(text("SELECT id FROM job_runs WHERE lease_owner = :owner"), {"owner": owner}).all()


def test_a_number_of_slots_of_its_own_holds_for_one_queue_whatever_the_settings_say(engine):
    want("preview", *range(9), engine=engine)
    want("media-probe", *range(99), engine=engine)
    concurrency(engine, 1)
    do(engine, ledger.change_queue, "preview", by="Ada", slots=3)
    assert [len(claim(engine, owner=owner)) for owner in "abcd"] == [1, 1, 1, 0]
    assert [len(claim(engine, PROBE, owner)) for owner in "ef"] == [25, 0]
    do(engine, ledger.change_queue, "preview", by="Ada", slots=2)
    settle(engine, *(Outcome(job.id, "completed") for job in held(engine, "a")))
    assert claim(engine, owner="a") == []  # two of three are still at work
    do(engine, ledger.change_queue, "preview", by="Ada", slots=None)
    concurrency(engine, 3)
    assert len(claim(engine, owner="a")) == 1


def test_what_two_people_set_for_a_queue_at_once_is_both_kept(engine):
    wishes = [{"slots": 4}, {"priority": 10}] * 4
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda wish: do(engine, ledger.change_queue, "preview", by="Ada", **wish), wishes))
    assert [(own.slots, own.priority) for own in do(engine, ledger.read_queue_settings).values()] == [(4, 10)]
    do(engine, ledger.change_queue, "preview", by="Ada", slots=None)
    do(engine, ledger.change_queue, "preview", by="Ada", priority=None)
    assert do(engine, ledger.read_queue_settings) == {}


def test_a_queues_priority_is_the_least_that_its_new_jobs_get_and_that_its_waiting_ones_are_done_with(engine):
    before = want("preview", 1, engine=engine)
    do(engine, ledger.change_queue, "preview", by="Ada", priority=5)
    low, high = want("preview", 2, engine=engine), want("preview", 3, engine=engine, priority=10)
    other = want("media-probe", 1, engine=engine)
    assert [row(engine, made.job_ids[0]).priority for made in (before, low, high, other)] == [1, 5, 10, 1]
    concurrency(engine, 3)
    claimed = [claim(engine, owner=owner)[0] for owner in "abc"]
    assert [(job.target_id, job.priority) for job in claimed] == [("3", 10), ("2", 5), ("1", 5)]
    do(engine, ledger.change_queue, "search_indexers", by="Ada", priority=1)
    assert row(engine, want("search_indexers", 1, engine=engine).job_ids[0]).priority == 1


def test_what_a_person_puts_first_is_claimed_before_all_that_is_urgent_and_at_once(engine):
    want("preview", 1, 2, 3, engine=engine, priority=10)
    later, urgent = (want("preview", n, engine=engine).job_ids[0] for n in (4, 5))
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET run_at = now() + interval '1 hour' WHERE id = :id"), {"id": later})
    do(engine, ledger.put_first, urgent)
    do(engine, ledger.put_first, later)
    concurrency(engine, 3)
    assert [claim(engine, owner=owner)[0].id for owner in "ab"] == [later, urgent]
    with pytest.raises(AlreadyFinishedError, match="a slot has taken it up"):
        do(engine, ledger.put_first, later)
    settle(engine, Outcome(later, "completed"))
    with pytest.raises(AlreadyFinishedError, match="it is completed"):
        do(engine, ledger.put_first, later)
    with pytest.raises(NotFoundError):
        do(engine, ledger.put_first, 4711)


def test_the_oldest_that_waits_is_found_whatever_its_priority(engine):
    job = want("preview", 1, engine=engine).job_ids[0]
    do(engine, ledger.put_first, job)
    want("preview", 2, engine=engine, priority=10)
    assert do(engine, dashboard.oldest, ["preview"]) == row(engine, job).run_at


#: The database itself refuses a claim that takes one slot too many, or passes by something more urgent.
REFUSE = """
CREATE TABLE seen (held int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held int; allowed int; least int;
BEGIN
    SELECT count(DISTINCT lease_owner) INTO held FROM job_runs WHERE lease_owner IS NOT NULL;
    SELECT background_worker_concurrency INTO allowed FROM library_settings;
    SELECT min(after.priority) INTO least FROM after JOIN before USING (id)
    WHERE before.lease_owner IS NULL AND after.lease_owner IS NOT NULL;
    IF held > allowed THEN RAISE EXCEPTION '% slots of % allowed', held, allowed; END IF;
    IF EXISTS (SELECT FROM job_runs WHERE status = 'queued' AND lease_owner IS NULL AND priority > least) THEN
        RAISE EXCEPTION 'something more urgent waits';
    END IF;
    INSERT INTO seen VALUES (held);
    RETURN NULL;
END $$;
CREATE TRIGGER refuse AFTER UPDATE ON job_runs REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""


@pytest.mark.parametrize("allowed", [1, 3])
def test_many_claimers_never_take_one_slot_too_many_and_always_the_most_urgent(engine, allowed):
    chance = random.Random(allowed)
    for priority in (1, 5, 10):
        want(
            "preview", *chance.sample(range(priority * 100, priority * 100 + 99), 20), engine=engine, priority=priority
        )
    concurrency(engine, allowed)
    with engine.begin() as conn:
        conn.execute(text(REFUSE))
    left = threading.Semaphore(60)

    def claimer(number):
        turn, claimed = 0, []
        while left.acquire(blocking=False):
            jobs = []
            while not jobs:
                turn += 1
                jobs = claim(engine, owner=f"{number}-{turn}")
            settle(engine, *(Outcome(job.id, "completed") for job in jobs), owner=f"{number}-{turn}")
            claimed += [job.id for job in jobs]
        return claimed

    with ThreadPoolExecutor(6) as pool:
        claimed = [job for jobs in pool.map(claimer, range(6)) for job in jobs]
    assert len(claimed) == len(set(claimed)) == 60
    with engine.begin() as conn:
        assert conn.execute(text("SELECT max(held) FROM seen")).scalar() == allowed
        assert conn.execute(text("SELECT count(*) FROM job_runs WHERE attempts <> 1")).scalar() == 0


def test_flows_of_several_machines_take_equal_shares_of_the_slots_and_all_of_a_dead_ones(engine):
    want("preview", *range(20), engine=engine)
    concurrency(engine, 5)

    def takes(machine):
        return len(claim(engine, owner=f"{machine}:1:{uuid.uuid4().hex}"))

    flows = {machine: str(uuid.uuid4()) for machine in ("a", "b")}
    do(engine, ledger.flow_works, "preview", flows["a"], host="a", pid=1)
    assert [takes("a") for _ in range(4)] == [1, 1, 1, 1]
    do(engine, ledger.flow_works, "preview", flows["b"], host="b", pid=1)
    # three of five is what it may have now: it takes none until it has fewer
    assert (takes("a"), takes("b"), takes("b")) == (0, 1, 0)
    with engine.begin() as conn:
        conn.execute(text("UPDATE queue_flows SET expires_at = now() - interval '1 second' WHERE host = 'b'"))
        ledger.release(conn, [row.lease_owner for row in conn.execute(text("SELECT lease_owner FROM job_runs"))])
    assert [takes("a") for _ in range(6)] == [1, 1, 1, 1, 1, 0]


def test_a_machine_is_asked_to_help_where_more_waits_than_one_round_takes_and_once(engine):
    want("preview", *range(4), engine=engine)
    concurrency(engine, 2)
    assert do(engine, ledger.queues_to_help, "b") == []  # nobody is at it: any machine starts it
    do(engine, ledger.flow_works, "preview", str(uuid.uuid4()), host="a", pid=1)
    assert do(engine, ledger.queues_to_help, "a") == []
    assert do(engine, ledger.queues_to_help, "b") == ["preview"]
    do(engine, ledger.flow_asked, "preview", str(uuid.uuid4()), host="b")
    assert do(engine, ledger.queues_to_help, "b") == []
    assert do(engine, ledger.queues_to_help, "c") == ["preview"]
    concurrency(engine, 1)
    assert do(engine, ledger.queues_to_help, "c") == []  # one slot cannot be shared
    concurrency(engine, 2)
    do(engine, ledger.pause, "preview", by="Ada")
    assert do(engine, ledger.queues_to_help, "c") == []
    do(engine, ledger.resume, "preview")
    claim(engine, owner="a:1:x"), claim(engine, owner="a:1:y")
    assert do(engine, ledger.queues_to_help, "c") == []  # what is left is less than a round


def test_what_is_being_worked_on_is_not_enqueued_again(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    again = want("preview", 1, engine=engine, trigger="schedule")
    assert (again.enqueued, again.skipped) == (0, 1)


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


def fail(engine, target, queue="preview"):
    want(queue, target, engine=engine)
    [job] = claim(engine, BY_NAME[queue])
    settle(engine, Outcome(job.id, "failed", error=f"moov atom not found in {target}"))
    return job.id


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


def test_events_keep_their_order_and_lose_no_odd_character(engine):
    [job_id] = want("preview", 1, engine=engine).job_ids
    said = ["one", "two \x00 \udcff", "three\n"]
    do(engine, ledger.add_events, [Event(job_id, 1, "info", "preview", words, {"n": "\x00"}) for words in said])
    with engine.begin() as conn:
        rows = conn.execute(text("SELECT message FROM job_events ORDER BY id")).scalars().all()
    assert [words[:3] for words in rows] == ["one", "two", "thr"]


def test_events_of_a_pruned_job_are_dropped(engine):
    do(engine, ledger.add_events, [Event(404, 1, "info", "preview", "late")])


def test_a_queue_is_started_once_and_again_when_its_flow_gives_no_sign_of_life(engine):
    flow = "11111111-1111-1111-1111-111111111111"
    want("preview", 1, engine=engine)
    assert do(engine, ledger.queues_to_start) == ["preview"]
    do(engine, ledger.flow_asked, "preview", flow)
    assert do(engine, ledger.queues_to_start) == []
    do(engine, ledger.flow_left, flow)
    assert do(engine, ledger.queues_to_start) == ["preview"]
    do(engine, ledger.flow_works, "preview", flow, host="h", pid=1)
    assert do(engine, ledger.queues_to_start) == []
    with engine.begin() as conn:
        conn.execute(text("UPDATE queue_flows SET expires_at = now() - interval '1 second'"))
    assert do(engine, ledger.queues_to_start) == ["preview"]


def test_a_queue_whose_only_work_is_delayed_is_not_started(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    settle(engine, Outcome(job.id, "retry", error="later", delay=60))
    assert do(engine, ledger.queues_to_start) == []


@pytest.mark.parametrize(
    "change",
    [
        "status = 'waiting'",
        "progress = 101",
        "status = 'running'",
        "status = 'failed', finished_at = now()",
        "status = 'completed'",
        "lease_owner = 'a'",
        "cleared_at = now()",
    ],
)
def test_the_database_refuses_a_row_that_cannot_be(engine, change):
    want("preview", 1, engine=engine)
    with pytest.raises(Exception, match="violates check constraint"), engine.begin() as conn:
        conn.execute(text(f"UPDATE job_runs SET {change}"))


def test_the_seeds_statement_runs_as_printed(engine):
    fail(engine, 1)
    with engine.begin() as conn:
        rows = conn.execute(
            text(
                "SELECT queue_name, target_label, error, finished_at FROM job_runs "
                "WHERE status = 'failed' ORDER BY finished_at DESC LIMIT 20;"
            )
        ).all()
    assert [(row.queue_name, row.target_label) for row in rows] == [("preview", "/media/1.mp4")]


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


@pytest.mark.parametrize("owner", ["elsewhere:1:0123456789ab", None])
def test_what_a_living_or_a_foreign_process_holds_is_left_to_its_lease(engine, owner):
    want("preview", 1, engine=engine)
    claim(engine, owner=owner or ledger.new_owner())
    assert do(engine, ledger.bury) == 0
    assert do(engine, ledger.rescue) == 0


def test_a_paused_queue_gives_out_no_work_and_starts_no_flow_until_it_is_resumed(engine):
    want("preview", 1, engine=engine)
    do(engine, ledger.pause, "preview", by="Ada")
    assert claim(engine) == []
    assert do(engine, ledger.queues_to_start) == []
    assert do(engine, ledger.next_due, "preview") is None
    assert do(engine, ledger.resume, "preview")
    assert do(engine, ledger.queues_to_start) == ["preview"]
    assert len(claim(engine)) == 1


def test_what_runs_when_its_queue_is_paused_is_finished(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    do(engine, ledger.pause, "preview", by="Ada")
    settle(engine, Outcome(job.id, "completed"))
    assert row(engine, job.id).status == "completed"


def test_a_pause_with_an_end_ends_by_itself(engine):
    want("preview", 1, engine=engine)
    do(engine, ledger.pause, "preview", by="Ada", minutes=5)
    with engine.begin() as conn:
        conn.execute(text("UPDATE queue_pauses SET until = now() - interval '1 second'"))
    assert len(claim(engine)) == 1


def test_a_queue_paused_by_name_stays_paused_when_all_are_resumed(engine):
    want("preview", 1, engine=engine)
    want("fingerprint", 1, engine=engine)
    do(engine, ledger.pause, "preview", by="Ada")
    do(engine, ledger.pause, by="Ada")
    assert claim(engine) == claim(engine, BY_NAME["fingerprint"]) == []
    assert do(engine, ledger.resume)
    assert claim(engine) == []
    assert len(claim(engine, BY_NAME["fingerprint"])) == 1


def test_what_ends_is_counted_by_the_minute_and_stays_counted_when_its_row_is_pruned(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    settle(engine, Outcome(job.id, "completed"))
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs"))
        fold(conn)
        assert sum(dashboard.rates(conn)["preview"]) == 1
