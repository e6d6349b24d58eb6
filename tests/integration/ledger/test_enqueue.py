"""What is wanted becomes a job once; the database refuses a row that cannot be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from db.ledger import Outcome
from tests.integration.ledger.steps import (
    claim,
    fail,
    settle,
    start,
    want,
)


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


def test_what_is_being_worked_on_is_not_enqueued_again(engine):
    want("preview", 1, engine=engine)
    [job] = claim(engine)
    start(engine, job)
    again = want("preview", 1, engine=engine, trigger="schedule")
    assert (again.enqueued, again.skipped) == (0, 1)


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
