"""What may become of a request: the table of states, and the one function that changes a status."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from db import ledger, requests
from db.ledger import FollowUp
from db.requests import ConflictError, NewBook, RequestError, TransitionError
from db.requests.settings import is_held_back, today
from db.requests.states import ACTIVE, FOLLOWS, INITIAL, MATCHABLE, MEANINGS, STATUSES
from flows.queues import BY_NAME

NUMBERS = itertools.count(1)


def ask(engine, **more):
    """A request for a book that nobody has asked for."""
    said = {"title": f"Book {next(NUMBERS)}", "author": "Jane Doe"} | more
    options = {name: said.pop(name) for name in ("may_approve", "search") if name in said}
    with engine.begin() as conn:
        return requests.create_request(conn, NewBook(**said), by="ann", **options)


def put(engine, status):
    """A request that is in this status, however it got there."""
    made = ask(engine)
    with engine.begin() as conn:
        sql = "UPDATE requests SET status = :status, error_message = 'why', shelf_guid = 'x' WHERE id = :id"
        conn.execute(text(sql), {"status": status, "id": made.id})
    return made.id


def get(engine, request_id):
    with engine.connect() as conn:
        return requests.get_request(conn, request_id)


def way(engine, request_id):
    with engine.connect() as conn:
        return [step.to_status for step in requests.read_history(conn, request_id)]


def jobs(engine, columns="queue_name, status"):
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(f"SELECT {columns} FROM job_runs ORDER BY id"))]


def test_the_table_speaks_of_every_status_and_of_no_other(engine):
    assert set(FOLLOWS) == set(STATUSES) == set(MEANINGS)
    assert {to for following in FOLLOWS.values() for to in following} <= set(STATUSES)
    assert set(STATUSES) - INITIAL == {to for following in FOLLOWS.values() for to in following} - INITIAL
    with engine.connect() as conn:
        sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_requests_status'"
        allowed = conn.execute(text(sql)).scalar_one()
    assert {word for word in allowed.split("'") if word.replace("_", "").isalpha() and "::" not in word} >= set(
        STATUSES
    )


@pytest.mark.parametrize("status", ["cancelled", "denied"])
def test_nothing_revives_what_was_withdrawn_or_denied(status):
    assert FOLLOWS[status] == frozenset()


def test_a_scan_may_find_whatever_is_neither_there_nor_withdrawn():
    assert set(STATUSES) - MATCHABLE == {"available", "cancelled", "denied"}


def test_whatever_is_under_way_can_fail_and_be_withdrawn():
    assert all({"failed", "cancelled"} <= FOLLOWS[status] for status in ACTIVE)


@pytest.mark.parametrize("before", STATUSES)
def test_exactly_what_the_table_allows_happens_and_is_written_down(engine, before):
    request_id = put(engine, before)
    steps = len(way(engine, request_id))
    for to in STATUSES:
        with engine.connect() as conn:  # each is rolled back
            if to not in FOLLOWS[before]:
                with pytest.raises(TransitionError):
                    requests.transition(conn, request_id, to, "Because.", by="test")
                assert requests.get_request(conn, request_id).status == before
                assert len(requests.read_history(conn, request_id)) == steps
                continue
            moved = requests.transition(conn, request_id, to, "Because.", by="test", shelf_guid="guid")
            assert (moved.before, moved.to) == (before, to)
            assert requests.get_request(conn, request_id).status == to
            (last,) = requests.read_history(conn, request_id)[steps:]
            assert (last.from_status, last.to_status, last.message, last.by) == (before, to, "Because.", "test")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_whatever_is_tried_in_whatever_order_the_history_is_a_path_through_the_table(engine, tried):
    request_id = ask(engine).id
    for to in tried:
        with suppress(TransitionError), engine.begin() as conn:
            requests.transition(conn, request_id, to, "Tried.", by="test", shelf_guid="guid")
    steps = way(engine, request_id)
    assert all(after in FOLLOWS[before] for before, after in itertools.pairwise(steps))
    assert steps[-1] == get(engine, request_id).status
    if "cancelled" in steps:
        assert steps.index("cancelled") == len(steps) - 1


def test_of_two_who_change_a_request_at_once_one_is_refused(engine):
    request_id = put(engine, "awaiting_approval")

    def change(to):
        with engine.begin() as conn:
            try:
                return requests.transition(conn, request_id, to, "At once.", by=to).to
            except TransitionError:
                return None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(change, ["denied", "cancelled"]))
    assert sorted(done, key=str) in ([None, "cancelled"], [None, "denied"])
    assert len(way(engine, request_id)) == 2


def test_a_request_is_searched_for_at_once(engine):
    made = ask(engine, title="Dune", author="Frank Herbert")
    assert made.status == "pending"
    assert jobs(engine, "queue_name, target_type, target_id, target_label, priority, max_attempts") == [
        ("search_indexers", "request", str(made.id), "Dune by Frank Herbert", 10, 3)
    ]


@pytest.mark.parametrize(
    ("book", "setting", "status"),
    [
        ({"days": 1}, {}, "awaiting_release"),
        ({"days": 0}, {}, "pending"),
        ({"days": 1}, {"skip_unreleased": False}, "pending"),
        ({"may_approve": False}, {}, "pending"),
        ({"may_approve": False}, {"auto_approve": False}, "awaiting_approval"),
        ({"may_approve": False, "days": 9}, {"auto_approve": False}, "awaiting_approval"),
        ({"search": False}, {}, "awaiting_search"),
    ],
)
def test_a_request_waits_for_what_it_has_to_wait_for(engine, book, setting, status):
    with engine.begin() as conn:
        requests.write_settings(conn, **setting)
        if "days" in book:
            book = book | {"release_date": today(conn) + timedelta(days=book["days"])}
            del book["days"]
    made = ask(engine, **book)
    assert (made.status, way(engine, made.id)) == (status, [status])
    assert len(jobs(engine)) == (status == "pending")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_gate_holds_a_book_back_to_the_day_before_its_own_in_utc(engine, zone):
    with engine.begin() as conn:
        conn.execute(text(f"SET LOCAL TIME ZONE '{zone}'"))
        (now,) = conn.execute(text("SELECT CAST(timezone('UTC', now()) AS date)")).one()
        days = (None, now - timedelta(days=1), now, now + timedelta(days=1), date.min, date.max)
        assert [is_held_back(conn, day) for day in days] == [False, False, False, True, False, True]
        requests.write_settings(conn, skip_unreleased=False)
        assert not any(is_held_back(conn, day) for day in days)


def test_a_book_is_asked_for_once_until_that_has_failed(engine):
    first = ask(engine, title="Dune", author="Frank Herbert", asin="b002v1of70")
    for again in ({"title": "Another title", "asin": "B002V1OF70"}, {"title": "DUNE", "author": "frank herbert"}):
        with pytest.raises(ConflictError, match=f"asked for already: request {first.id} is pending"):
            ask(engine, **again)
    with engine.begin() as conn:
        requests.transition(conn, first.id, "failed", "No indexer.", by="test")
    second = ask(engine, title="Dune", author="Frank Herbert", isbn="978-0-441-17271-9")
    assert get(engine, first.id).status == "cancelled"
    book = get(engine, second.id).book
    assert (book.asin, book.isbn, book.id) == ("B002V1OF70", "9780441172719", get(engine, first.id).book.id)


def test_of_many_who_ask_for_a_book_at_once_one_does(engine):
    def try_it(_):
        try:
            return ask(engine, title="Dune", author="Frank Herbert").status
        except ConflictError:
            return None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(str, pool.map(try_it, range(4)))) == ["None", "None", "None", "pending"]
    assert len(jobs(engine)) == 1


@pytest.mark.parametrize("wrong", [{"asin": "B1"}, {"isbn": "12"}, {"title": " "}, {"author": ""}])
def test_what_names_no_book_is_refused(engine, wrong):
    with pytest.raises(RequestError):
        ask(engine, **wrong)
    assert jobs(engine) == []


def test_a_withdrawn_request_takes_its_jobs_with_it_and_nothing_of_others(engine):
    mine, other = ask(engine), ask(engine)
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("match_plex", str(mine.id), "x", "request")], trigger="manual", priority=1)
        ledger.claim(conn, BY_NAME["search_indexers"], "slot")
        running = conn.execute(text("SELECT id FROM job_runs WHERE lease_owner = 'slot'")).scalar_one()
        ledger.start(conn, running, "slot")
    with engine.begin() as conn:
        done = requests.cancel_request(conn, mine.id, by="ann")
    assert (done.jobs.cancelled, done.jobs.cancelling) == (1, 1)
    assert get(engine, mine.id).status == "cancelled"
    assert [row[1:] for row in jobs(engine, "id, status, cancel_requested_at IS NOT NULL")] == [
        ("running", True),
        ("queued", False),
        ("cancelled", True),
    ]
    assert get(engine, other.id).status == "pending"


def test_a_withdrawal_that_is_refused_ends_no_job(engine):
    request_id = put(engine, "downloaded")
    with pytest.raises(TransitionError), engine.begin() as conn:
        requests.cancel_request(conn, request_id, by="ann")
    assert jobs(engine) == [("search_indexers", "queued")]


def test_whoever_wants_to_know_is_told_once_of_each_step(engine):
    made = ask(engine)
    with engine.begin() as conn:
        sql = "INSERT INTO notification_targets (name, secret_block, events) VALUES ('me', 'b', :events)"
        conn.execute(text(sql), {"events": ["request_error", "request_available"]})
        requests.transition(conn, made.id, "failed", "No indexer answers.", by="search_indexers")
        requests.transition(conn, made.id, "cancelled", "Withdrawn.", by="ann")
    assert jobs(engine, "queue_name, target_type, payload")[1:] == [
        ("send_notification", "notification", {"event": "request_error"})
    ]
