"""What the logs find: the same jobs in a list, in the numbers beside it and by what is done to all of them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from db import dashboard, watermarks
from db.dashboard import DEEPEST_BY_WORDS, STATES, STATUSES, Search
from db.watermarks import STEP
from tests.integration.warm.fork_server import until
from tests.rows import add_job, ago
from tests.serve import serving

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


def test_jobs_of_a_time_are_all_found_whatever_was_marked_and_by_whom(engine: Engine) -> None:
    """Whoever marks may have begun before a job and look after it; whoever enqueues may begin before a mark and end
    behind it."""
    with engine.connect() as marks, engine.connect() as enqueues:
        begun = marks.scalar(text("SELECT now()")), enqueues.scalar(text("SELECT now()"))
        with engine.begin() as conn:
            conn.execute(text(MANY), {"n": STEP})
        watermarks.mark(marks)
        marks.commit()
        late = add_job(enqueues)
        enqueues.commit()
    with engine.begin() as conn:
        assert dashboard.count(conn, Search(since=begun[0])) == STEP + 1
        assert late in [row.id for row in dashboard.search(conn, Search(since=begun[1]))]
        marked = conn.scalar(text("SELECT max(reached_at) FROM job_watermarks"))
        assert dashboard.count(conn, Search(since=marked)) == 0


def test_a_mark_is_left_for_each_thousand_jobs_at_most(engine: Engine) -> None:
    for jobs, marks in ((0, 0), (STEP - 1, 0), (1, 1), (STEP - 1, 1), (1, 2), (0, 2)):
        with engine.begin() as conn:
            conn.execute(text(MANY), {"n": jobs})
            watermarks.mark(conn)
            assert conn.scalar(text("SELECT count(*) FROM job_watermarks")) == marks


def test_marks_are_left_while_the_program_runs(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text(MANY), {"n": STEP})

    def marks() -> int | None:
        with engine.connect() as conn:
            return conn.scalar(text("SELECT count(*) FROM job_watermarks"))

    with serving(engine):
        until(marks, "how far ids have come is written down")
