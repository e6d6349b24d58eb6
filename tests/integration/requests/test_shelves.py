"""The queues that look for requested books on Plex and Audiobookshelf."""

from __future__ import annotations

import pytest

from db.requests import SHELVES
from db.selection import run_queue
from flows.requests import shelves
from tasks.clients.shelves import pages
from tasks.requests.matching import match
from tests.stubs.audiobookshelf import LIBRARY, AudiobookshelfStub
from tests.stubs.plex import PlexStub
from tests.stubs.shelf import TOKEN, running

SCAN, RECENT, MATCH = "scan_plex", "plex_recently_added_check", "match_plex"
KINDS = {"plex": (PlexStub, "1"), "audiobookshelf": (AudiobookshelfStub, LIBRARY)}
BOTH = pytest.mark.parametrize("server", KINDS, indirect=True)
BOOK = {"title": "Quiet Harbor", "author": "Jane Doe"}


@pytest.fixture
def server(request, books):
    """A library server that lists nothing yet, set up as `Home`: a Plex, unless a test is of both."""
    kind = getattr(request, "param", "plex")
    stub, library = KINDS[kind]
    with running(stub()) as server:
        about = {"kind": kind, "url": server.url, "library_id": library, "secret_block": "shelf"}
        books.set_up(SHELVES, name="Home", **about)
        yield server


def run(books, queue, status="completed"):
    """What a schedule does: one job, worked off; returns its result."""
    with books.engine.begin() as conn:
        assert run_queue(conn, queue, trigger="schedule").enqueued == 1
    books.work_off(queue)
    *_, (is_now, result) = books.jobs(queue, "status, result")
    assert is_now == status
    return result


def shelf(books):
    with books.engine.connect() as conn:
        return SHELVES.get(conn, books.sql("SELECT min(id) FROM shelves")[0][0])


def listed(books):
    return [title for (title,) in books.sql("SELECT title FROM plex_library ORDER BY id")]


def put(books, request, status, **values):
    books.sql("DELETE FROM job_runs")
    sets = ", ".join(f"{name} = :{name}" for name in ("status", *values))
    books.sql(f"UPDATE requests SET {sets} WHERE id = :id", id=request, status=status, **values)


@BOTH
def test_a_scan_finds_what_was_asked_for_and_clears_what_went_wrong(books, server):
    server.add("Quiet Harbor (Unabridged)", "Doe, Jane", asin="B002V1OF70")
    server.add("Something Else", "Somebody")
    request = books.ask(**BOOK)
    put(books, request, "warn", error_message="No audio.", search_attempts=3, import_attempts=5)
    result = run(books, SCAN)
    assert (result["totalScanned"], result["newCount"], result["matchedDownloads"]) == (2, 2, [request])
    found = books.get_request(request)
    assert (found.status, found.error_message, found.progress) == ("available", None, 100)
    assert (found.search_attempts, found.download_attempts, found.import_attempts) == (0, 0, 0)
    assert (found.shelf_id, found.shelf_guid) == (shelf(books).id, books.sql("SELECT guid FROM plex_library")[0][0])
    step = books.read_history(request)[-1]
    assert (step.to_status, step.by) == ("available", SCAN)
    assert step.message == "Home lists it: Quiet Harbor (Unabridged), known by its title and author."
    assert step.details["score"] >= 70
    assert [(step.job_id,)] == books.jobs(SCAN, "id")
    assert shelf(books).last_scanned_at is not None


def test_whatever_is_not_at_its_end_is_found(books, server):
    open_ = ("pending", "awaiting_approval", "awaiting_search", "awaiting_release", "awaiting_import", "downloaded")
    statuses = (*open_, "failed", "warn", "cancelled", "denied")
    ids = {}
    for number, status in enumerate(statuses):
        server.add(f"Harbor {number}", "Jane Doe")
        ids[status] = books.ask(f"Harbor {number}", "Jane Doe")
        put(books, ids[status], status, error_message="-")
    run(books, SCAN)
    after = {status: books.get_request(id).status for status, id in ids.items()}
    at_their_end = {"cancelled": "cancelled", "denied": "denied"}
    assert after == dict.fromkeys(statuses, "available") | at_their_end


def test_a_found_book_is_searched_for_no_more_and_whoever_asked_is_told(books, server):
    server.add(**BOOK)
    request = books.ask(**BOOK)
    assert books.jobs("search_indexers") == [("queued", None)]
    run(books, SCAN)
    assert [status for status, _ in books.jobs("search_indexers")] == ["cancelled"]
    assert books.way(request) == ["pending", "available"]


def test_a_second_scan_changes_nothing(books, server):
    server.add(**BOOK)
    request = books.ask(**BOOK)
    run(books, SCAN)
    before = books.read_history(request)
    result = run(books, SCAN)
    assert (result["newCount"], result["updatedCount"], result["matchedDownloads"]) == (0, 1, [])
    assert books.read_history(request) == before


def test_what_a_whole_scan_does_not_list_is_forgotten_and_its_request_waits_for_it_again(books, server):
    gone = server.add(**BOOK)
    server.add("Something Else", "Somebody")
    request = books.ask(**BOOK)
    run(books, SCAN)
    server.books.remove(gone)
    result = run(books, SCAN)
    assert (result["staleRemovedCount"], result["requestsReset"]) == (1, 1)
    assert listed(books) == ["Something Else"]
    found = books.get_request(request)
    assert (found.status, found.shelf_guid) == ("downloaded", None)
    server.add(**BOOK)
    run(books, SCAN)
    assert books.get_request(request).status == "available"


@BOTH
def test_nothing_is_forgotten_where_a_scan_could_not_see_everything(books, server, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    for number in range(5):
        server.add(f"Book {number}", "Jane Doe")
    server.add(**BOOK)
    request = books.ask(**BOOK)
    run(books, SCAN)
    kept = list(server.books)
    for how in ("empty", "broken", "unauthorized", "garbage", "breaks off", "changes", "down"):
        trouble(server, how)
        run(books, SCAN, "completed" if how in {"empty", "changes"} else "failed")
        assert (how, len(listed(books)), books.get_request(request).status) == (how, 6, "available")
        server.books, server.before = list(kept), lambda _: None
        server.misbehave(None)


def trouble(server, how):
    kept = server.books.pop()
    match how:
        case "empty":
            server.books.clear()
        case "down":
            server.down()
        case "breaks off":
            seen = []
            server.before = lambda asked: (seen.append(asked), len(seen) > 1 and server.misbehave("broken"))
        case "changes":
            server.books.append(kept)
            server.before = lambda _: server.books and server.books.pop()
        case _:
            server.misbehave(how)


def test_a_failure_of_the_server_is_tried_three_times_and_says_what_it_was(books, server):
    server.misbehave("broken")
    run(books, SCAN, "failed")
    ((attempts, error),) = books.jobs(SCAN, "attempts, error")
    assert attempts == 3
    assert error.startswith("Home answers 500")
    assert TOKEN not in str(books.sql("SELECT * FROM job_runs") + books.sql("SELECT * FROM job_events"))
    assert shelf(books).last_scanned_at is None


def test_a_server_that_refuses_is_left_to_the_scans_until_it_answers(books, server, monkeypatch):
    server.token = "another"
    run(books, RECENT, "failed")
    assert "refuses the token" in shelf(books).trouble
    since = shelf(books).trouble_since
    with books.engine.begin() as conn:
        made = run_queue(conn, RECENT, trigger="schedule")
    assert (made.enqueued, "the one that refuses" in made.obstacle) == (0, True)
    run(books, SCAN, "failed")
    assert shelf(books).trouble_since == since
    server.token = TOKEN
    run(books, SCAN)
    assert shelf(books).trouble is None
    run(books, RECENT)
    server.misbehave("broken")
    run(books, RECENT, "failed")
    assert shelf(books).trouble is None


@BOTH
def test_the_newest_are_looked_at_and_nothing_is_forgotten(books, server):
    for number in range(30):
        server.add(f"Book {number}", "Jane Doe")
    request = books.ask(**BOOK)
    run(books, SCAN)
    server.add(**BOOK)
    server.asked.clear()
    result = run(books, RECENT)
    assert (result["totalScanned"], result["newCount"], result["matchedDownloads"]) == (10, 1, [request])
    assert books.get_request(request).status == "available"
    assert (len(server.asked), len(listed(books))) == (1, 31)
    assert shelf(books).last_polled_at is not None


def test_more_than_ten_that_came_since_the_last_look_are_all_looked_at(books, server):
    run(books, RECENT)
    books.sql("UPDATE shelves SET last_polled_at = to_timestamp(1700000000)")
    request = books.ask(**BOOK)
    server.add(**BOOK)
    for number in range(40):
        server.add(f"Book {number}", "Jane Doe")
    assert run(books, RECENT)["totalScanned"] == 41
    assert books.get_request(request).status == "available"


def test_what_is_asked_for_although_it_is_there_is_found_within_minutes(books, server):
    server.add(**BOOK)
    for number in range(20):
        server.add(f"Book {number}", "Jane Doe")
    run(books, SCAN)
    request = books.ask(**BOOK)
    assert run(books, RECENT)["matchedDownloads"] == [request]


def test_both_scans_and_the_single_look_give_one_verdict(books, server):
    """They once differed, where each had a rule of its own."""
    wanted = [("Foundation", "Isaac Asimov"), ("Saga, Book 1", "Al Fa"), ("The Hobbit", "J.R.R. Tolkien")]
    there = [("Foundation and Empire", "Isaac Asimov"), ("Saga, Book 2", "Al Fa"), ("Hobbit, The", "Tolkien")]
    for each in there:
        server.add(*each)
    verdicts = []
    for queue in (SCAN, RECENT, MATCH):
        books.sql("DELETE FROM requests"), books.sql("DELETE FROM audiobooks"), books.sql("DELETE FROM job_runs")
        ids = [books.ask(*each) for each in wanted]
        if queue == MATCH:
            for each in ids:
                books.sql(
                    "INSERT INTO job_runs (queue_name, target_type, target_id, target_label, max_attempts, priority)"
                    " VALUES (:queue, 'request', :id, '-', 3, 5)",
                    queue=MATCH,
                    id=str(each),
                )
            books.work_off(MATCH)
        else:
            run(books, queue)
        verdicts.append([books.get_request(each).status for each in ids])
    assert verdicts[0] == ["pending", "pending", "available"]
    assert verdicts[1:] == [verdicts[0]] * 2
    assert books.jobs(MATCH, "status, result->>'matched'") == [
        ("completed", "false"),
        ("completed", "false"),
        ("completed", "true"),
    ]


def test_one_item_is_not_given_to_two_books(books, server):
    server.add("Quiet Harbor", None)
    first, second = books.ask("Quiet Harbor", "Jane Doe"), books.ask("Quiet Harbor", "John Roe")
    run(books, SCAN)
    assert [books.get_request(each).status for each in (first, second)] == ["available", "pending"]
    run(books, SCAN)
    assert books.get_request(second).status == "pending"


def test_a_request_that_is_withdrawn_while_it_is_being_found_stays_withdrawn(books, server, monkeypatch):
    server.add(**BOOK)
    request = books.ask(**BOOK)

    def withdrawn(*given):
        books.cancel_request(request, by="ann")
        return match(*given)

    monkeypatch.setattr(shelves, "match", withdrawn)
    assert run(books, SCAN)["matchedDownloads"] == []
    assert books.get_request(request).status == "cancelled"


def test_without_a_library_server_there_is_nothing_to_do_and_the_page_says_why(books):
    with books.engine.begin() as conn:
        made = run_queue(conn, SCAN, trigger="manual")
    assert made.enqueued == 0
    assert "No Plex or Audiobookshelf is set up" in made.obstacle
