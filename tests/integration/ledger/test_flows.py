"""Which queues are given a flow run, and which are paused."""

from __future__ import annotations

from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp, Outcome
from flows.queues import BY_NAME
from tests.integration.ledger.steps import (
    claim,
    do,
    row,
    settle,
    start,
    want,
)


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


def test_what_a_flow_gave_is_left_to_it_for_a_while_and_started_at_once_when_it_is_gone(engine):
    flow = "11111111-1111-1111-1111-111111111111"
    [giver] = want("library-scan", 1, engine=engine).job_ids
    do(engine, ledger.flow_works, "library-scan", flow, host="h", pid=1)
    given = [FollowUp("preview", "1", "one")]
    do(engine, ledger.enqueue, given, trigger="library-scan", priority=1, parent_id=giver)
    assert do(engine, ledger.queues_to_start) == []
    assert do(engine, ledger.queues_to_start, ["preview"]) == ["preview"]
    do(engine, ledger.flow_left, flow)
    assert do(engine, ledger.queues_to_start) == ["library-scan", "preview"]


def test_a_queue_whose_only_work_is_delayed_is_not_started(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    settle(engine, Outcome(job.id, "retry", error="later", delay=60))
    assert do(engine, ledger.queues_to_start) == []


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
