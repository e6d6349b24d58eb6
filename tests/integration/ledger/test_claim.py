"""Who may take what: the most urgent first, and never one slot too many."""

from __future__ import annotations

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from db import dashboard, ledger
from db.ledger import AlreadyFinishedError, NotFoundError, Outcome
from tests.integration.ledger.steps import (
    PROBE,
    claim,
    concurrency,
    do,
    row,
    settle,
    want,
)


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
