"""What the logs find: the same jobs in a list, in the numbers beside it and by what is done to all of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from db import dashboard
from db.dashboard import DEEPEST_BY_WORDS, STATES, STATUSES, Search
from db.dashboard.times import APART, FEW
from tests.rows import add_job, ago

MANY = """
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, status, started_at, finished_at)
    SELECT 'preview', 'video', CAST(n AS text), 'Winter ' || n, 'completed', now(), now() FROM generate_series(1, :n) n
"""


@pytest.fixture
def every_state(engine: Engine) -> Engine:
    with engine.begin() as conn:
        for status in STATUSES:
            add_job(conn, status, target_label=f"Winter of the {status}.mkv")
        add_job(conn, run_at=ago(-60), target_label="Winter, later")
        add_job(conn, "running", lease_expires_at=ago(1), target_label="Winter that is stuck")
        add_job(conn, "running", cancel_requested_at=ago(1), target_label="Winter that is to end")
        add_job(conn, "failed", cleared_at=ago(1), target_label="Winter that was cleared", queue="preview")
    return engine


SEARCHES = [
    *(Search(status=status) for status in (*STATUSES, *STATES)),
    *(Search(queue=queue) for queue in ("preview", "media-probe", "fingerprint")),
    *(Search(text=words) for words in ("winter", "Winter THAT is", "failed", "nowhere")),
    Search(status="failed", text="winter"),
    Search(since=ago(60)),
    Search(since=ago(60), status="queued"),
    Search(errors=True),
]


def test_a_survey_counts_what_is_listed_and_what_can_be_done_to_it(every_state: Engine) -> None:
    with every_state.begin() as conn:
        for wanted in SEARCHES:
            seen = dashboard.survey(conn, wanted)
            listed = [row.id for row in dashboard.search(conn, wanted, seen)]
            assert listed == [row.id for row in dashboard.search(conn, wanted)] == sorted(listed, reverse=True), wanted
            assert len(listed) == dashboard.count(conn, wanted) == seen.total, wanted
            for known, statuses in ((seen.ended, ("failed", "cancelled")), (seen.unfinished, ("queued", "running"))):
                found = dashboard.ids(conn, wanted, statuses)
                assert known == len(found) == dashboard.count(conn, wanted, statuses), (wanted, statuses)


def test_the_newest_are_listed_where_more_have_the_words_than_can_be(engine: Engine) -> None:
    with engine.begin() as conn:
        newest = [add_job(conn, target_label="Winter") for _ in range(3)]
        conn.execute(text(MANY), {"n": DEEPEST_BY_WORDS})
        newest += [add_job(conn, target_label="Winter") for _ in range(3)]
        wanted = Search(text="winter", limit=4)
        seen = dashboard.survey(conn, wanted)
        assert (seen.total, seen.ended, seen.unfinished) == (DEEPEST_BY_WORDS + 1, 0, 0)
        found = [row.id for row in dashboard.search(conn, wanted, seen)]
        assert found[:3] == newest[:2:-1]
        assert found == [row.id for row in dashboard.search(conn, wanted)]


def test_words_are_found_whatever_their_case_before_and_after_the_job(engine: Engine) -> None:
    with engine.begin() as conn:
        for status in ("queued", "completed"):
            job = add_job(conn, status, status, target_label="/media/Zoë in THE İnn, 100% a_b.mkv")
            add_job(conn, status, status, target_label="/media/Zoe out of a hut, 1000 axb.mkv")
            for words in ("ZOË", "zoë in", "in the", "IN THE", "inn", "100%", "A_B"):
                wanted = Search(text=words, queue=status)
                found = dashboard.search(conn, wanted, dashboard.survey(conn, wanted))
                assert [row.id for row in found] == [job], (status, words)


#: A hundred jobs a second, which are up to `apart` seconds later than the order of their ids says; every third is gone.
OUT_OF_ORDER = """
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, created_at)
    SELECT 'preview', 'video', CAST(n AS text), 'film',
           CAST(:begun AS timestamptz) + make_interval(secs => n / 100.0 + :apart * (n * 7919 % 101) / 101)
    FROM generate_series(1, 2000) n
"""
THIN = "DELETE FROM job_runs WHERE id % 3 = 0"


def test_jobs_of_a_time_are_all_found_where_times_do_not_quite_follow_ids(engine: Engine) -> None:
    begun = ago(60)
    with engine.begin() as conn:
        conn.execute(text(OUT_OF_ORDER), {"begun": begun, "apart": APART})
        conn.execute(text(THIN))
        times = list(conn.scalars(text("SELECT created_at FROM job_runs ORDER BY created_at")))
        for seconds in range(-2, 30, 2):
            moment = begun + timedelta(seconds=seconds)
            before = sum(time < moment for time in times)
            assert dashboard.count(conn, Search(until=moment)) == before
            assert dashboard.count(conn, Search(since=moment)) == len(times) - before
    assert 0 == sum(time < begun for time in times) < len(times) == sum(time < moment for time in times)


def test_a_job_is_of_the_time_when_it_was_enqueued_however_long_ago_its_transaction_began(engine: Engine) -> None:
    with engine.connect() as enqueues:
        enqueues.execute(text("SELECT"))
        with engine.begin() as conn:
            conn.execute(text(MANY), {"n": 2 * FEW})
        with engine.begin() as conn:
            between = dashboard.now(conn)
        late = add_job(enqueues)
        enqueues.commit()
    with engine.begin() as conn:
        assert [row.id for row in dashboard.search(conn, Search(since=between))] == [late]
        assert dashboard.count(conn, Search(until=between)) == 2 * FEW
