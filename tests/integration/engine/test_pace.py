"""How many jobs a claim takes: as many as a slot does in a moment, so that no urgent one waits long behind them."""

from __future__ import annotations

import time
from dataclasses import replace

from db import ledger
from db.ledger import FollowUp
from flows import batch
from tests.integration.engine.runs import PROBE, Kernel, rows, run, want

ONE_SLOT = replace(PROBE, slots=1, scales=False)


class Counting(Kernel):
    """Knows how many jobs each claim had."""

    def __init__(self, function):
        super().__init__(function)
        self.claims = []

    def load(self, conn, jobs):
        self.claims.append(len(jobs))
        return super().load(conn, jobs)


def test_claims_of_quick_jobs_grow_step_by_step(engine):
    want(engine, *map(str, range(700)), queue="media-probe")
    work = Counting(lambda target, control: target)
    run(engine, None, ONE_SLOT, work=work).work_off()
    assert sorted(work.saved, key=int) == [str(n) for n in range(700)]
    assert work.claims[0] == ONE_SLOT.grain
    assert max(work.claims) > ONE_SLOT.grain
    assert all(size <= last * batch.GROWTH for last, size in zip(work.claims, work.claims[1:], strict=False))


def test_claims_of_slow_jobs_stay_small(engine):
    want(engine, *map(str, range(60)), queue="media-probe")
    work = Counting(lambda target, control: time.sleep(0.02))
    run(engine, None, ONE_SLOT, work=work).work_off()
    assert work.claims == [25, 25, 10]


def test_an_urgent_job_passes_the_rest_of_a_claim_that_was_too_large(engine, monkeypatch):
    monkeypatch.setattr(batch, "LONGEST", 0.1)
    slow = []

    def slow_once_claims_have_grown(target, control):
        if work.claims[-1] <= ONE_SLOT.grain and not slow:
            return
        if not slow:
            with engine.begin() as conn:
                urgent = [FollowUp("media-probe", "now", "urgent")]
                ledger.enqueue(conn, urgent, trigger="manual", priority=10)
        slow.append(target)
        time.sleep(0.02)

    want(engine, *map(str, range(200)), queue="media-probe")
    work = Counting(slow_once_claims_have_grown)
    run(engine, None, ONE_SLOT, work=work).work_off()
    too_large = next(size for size in work.claims if size > ONE_SLOT.grain)
    assert slow.index("urgent") < too_large
    assert len(work.saved) == 201
    assert set(rows(engine, "status, attempts")) == {
        *((str(n), "completed", 1) for n in range(200)),
        ("urgent", "completed", 1),
    }
