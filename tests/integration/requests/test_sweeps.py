"""The sweeps over all requests, and the gate that each of them asks."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from db.requests import TARGETS
from db.requests.settings import today
from db.selection import run_queue
from flows.requests import notify, programs

GOOD = "Jane Doe - Quiet Harbor [M4B]"


def run(books, queue):
    """What a schedule does: one job, worked off; returns its result."""
    with books.engine.begin() as conn:
        assert run_queue(conn, queue, trigger="schedule").enqueued == 1
    books.work_off(queue)
    *_, (status, trigger, result) = books.jobs(queue, "status, trigger, result")
    assert (status, trigger) == ("completed", "schedule")
    return result


@pytest.fixture
def days(books):
    """The date so many days from today, as the database has it."""
    with books.engine.connect() as conn:
        now = today(conn)
    return lambda number: now + timedelta(days=number)


def waiting(books, status="awaiting_search", **said):
    """A request that waits, as the search or the gate left it."""
    request = books.ask(**said)
    books.sql("DELETE FROM job_runs")
    books.sql("UPDATE requests SET status = :status WHERE id = :id", status=status, id=request)
    return request


def searches(books):
    return [int(target) for (target,) in books.jobs("search_indexers", "target_id")]


def test_what_was_not_found_is_searched_for_again_and_the_gate_is_asked_both_ways(books, days):
    missing = waiting(books, title="Missing")
    out = waiting(books, "awaiting_release", title="Out today", release_date=days(0))
    put_off = waiting(books, title="Put off", release_date=days(3))
    future = waiting(books, "awaiting_release", title="Future", release_date=days(1))
    result = run(books, "retry_missing_torrents")
    assert result == {"total": 3, "triggered": 2, "transitioned": 2, "skipped": 1}
    assert searches(books) == [missing, out]
    assert [books.get_request(each).status for each in (missing, out, put_off, future)] == [
        "awaiting_search",
        "awaiting_search",
        "awaiting_release",
        "awaiting_release",
    ]
    assert set(books.jobs("search_indexers", "priority")) == {(1,)}


def test_without_the_gate_everything_is_searched_for(books, days):
    books.write_settings(skip_unreleased=False)
    future = waiting(books, "awaiting_release", title="Future", release_date=days(9))
    assert run(books, "retry_missing_torrents")["triggered"] == 1
    assert searches(books) == [future]


def test_a_person_who_wants_it_searched_for_now_does_not_ask_the_gate(books, days):
    future = waiting(books, "awaiting_release", title="Future", release_date=days(9))
    books.search_now(future, by="ann")
    assert books.get_request(future).status == "pending"
    assert searches(books) == [future]


def test_an_approval_asks_the_gate(books, days):
    books.write_settings(auto_approve=False)
    future = books.ask("Future", may_approve=False, release_date=days(9))
    books.approve_request(future, by="root")
    assert books.get_request(future).status == "awaiting_release"
    assert searches(books) == []


def test_of_too_many_those_come_first_that_were_tried_longest_ago(books, monkeypatch):
    monkeypatch.setattr("db.requests.sweeps.MOST", 1)
    first, second = waiting(books, title="First"), waiting(books, title="Second")
    books.sql("UPDATE requests SET last_search_at = now() WHERE id = :id", id=first)
    run(books, "retry_missing_torrents")
    assert searches(books) == [second]


def test_what_could_not_be_imported_is_tried_again_one_after_another(books, monkeypatch):
    monkeypatch.setattr("db.requests.sweeps.MOST", 1)
    first, second = waiting(books, "awaiting_import", title="First"), waiting(books, "awaiting_import", title="Second")
    assert run(books, "retry_failed_imports") == {"total": 1, "triggered": 1, "transitioned": 0, "skipped": 0}
    run(books, "retry_failed_imports")
    assert [int(target) for (target,) in books.jobs("organize_files", "target_id")] == [first, second]


def test_a_feed_that_hints_at_a_missing_book_starts_its_search_once(books, indexer, days):
    missing = waiting(books)
    waiting(books, title="Quiet Harbor at Night", author="Jane Doe", release_date=days(2))
    waiting(books, title="Something Else")
    blocked = waiting(books, title="Quiet Harbor", author="Doe, Jane", series_part="2")
    books.block(blocked, GOOD, source="manual", reason="bad")
    for title in (GOOD, "Jane Doe: The Quiet Harbor"):
        indexer.offer(title)
    books.block(blocked, "Jane Doe: The Quiet Harbor", source="manual", reason="bad")
    result = run(books, "monitor_rss_feeds")
    assert searches(books) == [missing]
    assert (result["matched"], result["totalMissing"], result["releases"]) == (1, 4, 2)
    assert books.get_request(missing).status == "awaiting_search"


def test_without_a_feed_there_is_nothing_to_hear(books):
    assert run(books, "monitor_rss_feeds")["totalFeeds"] == 0


@pytest.fixture
def inbox(monkeypatch):
    """A service that takes what Apprise sends as JSON, and says what it got; `.status` is what it answers."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.status = 200
    server.got = got
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    keys = {"inbox": f"json://127.0.0.1:{server.server_address[1]}/s3cret"}
    monkeypatch.setattr(programs, "secret", keys.__getitem__)
    yield server
    server.shutdown()
    server.server_close()
    thread.join(60)


def test_people_are_told_what_became_of_a_request(books, inbox):
    books.set_up(TARGETS, name="me", secret_block="inbox", events=["request_error"])
    request = books.ask()
    books.fail(request, "No indexer answers.", while_in={"pending"}, by="search_indexers")
    books.work_off("send_notification", notify.NotifyWork())
    (said,) = inbox.got
    assert "A request needs a look" in said
    assert "Quiet Harbor by Jane Doe" in said
    assert "No indexer answers." in said
    assert books.jobs("send_notification", "status, result") == [
        ("completed", {"target": "me", "event": "request_error"})
    ]


def test_news_that_is_not_taken_is_sent_three_times_and_the_secret_is_not_told(books, inbox):
    inbox.status = 500
    books.set_up(TARGETS, name="me", secret_block="inbox", events=["request_cancelled"])
    request = books.ask()
    books.cancel_request(request, by="ann")
    books.work_off("send_notification", notify.NotifyWork())
    ((status, error),) = books.jobs("send_notification")
    assert (status, len(inbox.got)) == ("failed", 3)
    assert "s3cret" not in error
    assert books.get_request(request).status == "cancelled"
