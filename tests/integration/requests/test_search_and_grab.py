"""The queues `search_indexers` and `download_torrent`, with a real indexer over HTTP."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from db import ledger
from db.requests import CLIENTS, INDEXERS, ConflictError
from flows.requests import clients
from flows.requests.search import SearchWork
from tasks.errors import TransientError
from tests.integration.requests.client import Client, opening

SIZE = 300 << 20
GOOD = "Jane Doe - Quiet Harbor [M4B]"


def offer(server, title=GOOD, **said):
    return server.offer(title, **({"size": SIZE} | said))


@pytest.fixture
def client(monkeypatch):
    """A download client that takes whatever it is given."""
    client = Client()
    monkeypatch.setattr(clients, "opened", opening(client))
    return client


def test_the_best_release_is_chosen_and_handed_to_the_client(books, indexer, client):
    offer(indexer, "Jane Doe - Quiet Harbor [MP3]", seeders=50)
    best = offer(indexer, GOOD, seeders=50)
    offer(indexer, "Quiet Harbor Cookbook", seeders=999)
    request = books.ask(runtime_minutes=300)
    books.work_off("search_indexers")
    assert {asked.said("q") for asked in indexer.asked if asked.said("t") == "search"} == {
        "Quiet Harbor Jane Doe",
        "Quiet Harbor",
    }
    books.work_off("download_torrent")
    assert books.way(request) == ["pending", "searching", "downloading", "downloading"]
    (download,) = books.downloads_of(request)
    assert (download.title, download.status, download.client_item_id) == (GOOD, "downloading", best.info_hash)
    assert (download.size, download.seeders, download.info_hash) == (best.length, 50, best.info_hash)
    ((added, category),) = client.added
    assert (added.name, category, added.content[:1]) == (GOOD, "darkroom", b"d")
    assert books.jobs("monitor_download", "target_type, target_id, run_at - created_at > interval '2 seconds'") == [
        ("download", str(download.id), True)
    ]
    assert books.get_request(request).download_attempts == 1


def test_the_key_of_an_indexer_is_in_no_table_event_or_result(books, indexer, client):
    with books.engine.begin() as conn:
        INDEXERS.change(conn, 1, kind="prowlarr", url=indexer.url)
    offer(indexer)
    request = books.ask()
    books.work_off("search_indexers")
    books.work_off("download_torrent")
    assert len(books.downloads_of(request)) == 1
    for table in ("releases", "job_runs", "job_events", "request_history", "download_history"):
        assert not any("k3y" in str(row) for row in books.sql(f"SELECT * FROM {table}")), table


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([], "No indexer lists this book yet"),
        (["Quiet Harbor Cookbook by Somebody Else"], "None of 1 releases that were found is good enough"),
    ],
)
def test_nothing_good_enough_is_no_failure_and_the_request_waits(books, indexer, listed, words):
    for title in listed:
        offer(indexer, title)
    request = books.ask()
    books.work_off("search_indexers")
    found = books.get_request(request)
    assert found.status == "awaiting_search"
    assert words in found.error_message
    assert found.last_search_at is not None
    assert books.jobs("search_indexers") == [("completed", None)]
    assert books.jobs("download_torrent") == []


@pytest.mark.parametrize(("how", "attempts"), [("broken", 3), ("garbage", 1)])
def test_an_indexer_that_fails_is_tried_three_times_and_then_the_request_fails_once(books, indexer, how, attempts):
    indexer.misbehave(how)
    request = books.ask()
    books.work_off("search_indexers")
    ((status, tried, error),) = books.jobs("search_indexers", "status, attempts, error")
    assert (status, tried) == ("failed", attempts)
    found = books.get_request(request)
    assert (found.status, found.error_message) == ("failed", error)
    assert books.way(request) == ["pending", "searching", "failed"]


def test_while_an_indexer_is_tried_again_the_request_is_being_searched_for(books, indexer):
    offer(indexer)
    request = books.ask()
    indexer.misbehave("broken")
    seen = []

    class Watching(SearchWork):
        def run(self, tools, job, target, control):
            if job.attempts == 2:
                indexer.misbehave(None)
            seen.append(books.get_request(request).status)
            return super().run(tools, job, target, control)

    books.work_off("search_indexers", Watching())
    assert seen == ["pending", "searching", "searching"]
    assert books.get_request(request).status == "downloading"


def test_one_indexer_that_is_away_does_not_hide_what_another_has(books, indexer):
    books.set_up(INDEXERS, name="Away", kind="torznab", url="http://127.0.0.1:9")
    offer(indexer)
    request = books.ask()
    books.work_off("search_indexers")
    assert books.get_request(request).status == "downloading"
    ((result,),) = books.jobs("search_indexers", "result")
    assert (result["unreachable"], result["selected"]["title"]) == (["Away"], GOOD)


def test_with_one_indexer_away_nothing_good_enough_is_believed_only_in_the_end(books, indexer):
    books.set_up(INDEXERS, name="Away", kind="torznab", url="http://127.0.0.1:9")
    request = books.ask()
    books.work_off("search_indexers")
    assert books.jobs("search_indexers", "status, attempts") == [("completed", 3)]
    found = books.get_request(request)
    assert found.status == "awaiting_search"
    assert "Away did not answer" in found.error_message


def test_without_an_indexer_the_request_fails_and_says_what_to_do(books):
    request = books.ask()
    books.work_off("search_indexers")
    assert books.get_request(request).status == "failed"
    assert "Add one" in books.get_request(request).error_message


def test_what_is_blocked_for_a_request_is_not_chosen_again(books, indexer, client):
    offer(indexer)
    request = books.ask()
    books.block(request, GOOD.upper(), source="manual", reason="bad sound")
    books.work_off("search_indexers")
    assert "All 1 releases that were found are blocked" in books.get_request(request).error_message
    assert [each.blocked for each in books.list_releases(request)] == []


def test_a_request_that_is_withdrawn_while_it_is_searched_for_stays_withdrawn(books, indexer):
    offer(indexer)
    request = books.ask()

    class Withdrawing(SearchWork):
        def run(self, tools, job, target, control):
            result = super().run(tools, job, target, control)
            books.sql("UPDATE requests SET status = 'cancelled'")
            return result

    books.work_off("search_indexers", Withdrawing())
    assert books.get_request(request).status == "cancelled"
    assert books.jobs("download_torrent") == []
    books.sql("UPDATE job_runs SET status = 'failed', error = 'x', finished_at = now()")
    with books.engine.begin() as conn:
        ledger.retry_failed(conn)
    books.work_off("search_indexers")
    ((status, error),) = books.jobs("search_indexers")
    assert (status, books.get_request(request).status) == ("failed", "cancelled")
    assert "is cancelled" in error


def test_a_person_sees_all_that_is_found_and_chooses(books, indexer, client):
    offer(indexer, "Quiet Harbor by somebody else")
    offer(indexer)
    request = books.ask(search=False)
    books.look_for_releases(request)
    books.work_off("search_indexers")
    assert books.get_request(request).status == "awaiting_search"
    found = books.list_releases(request)
    assert [(each.title, each.qualifies) for each in found] == [(GOOD, True), ("Quiet Harbor by somebody else", False)]
    books.choose_release(request, found[1].id, by="ann")
    books.work_off("download_torrent")
    assert [each.title for each in books.downloads_of(request)] == ["Quiet Harbor by somebody else"]
    # a stalled one gives way to another
    books.choose_release(request, found[0].id, by="ann")
    books.work_off("download_torrent")
    assert [(each.title, each.status) for each in books.downloads_of(request)] == [
        ("Quiet Harbor by somebody else", "replaced"),
        (GOOD, "downloading"),
    ]
    assert len(books.jobs("cleanup_seeded_torrents")) == 1


@pytest.mark.parametrize("how", ["busy", "broken", "missing", "page"])
def test_where_a_release_cannot_be_had_the_next_best_is(books, indexer, client, how):
    best, second = offer(indexer, seeders=50), offer(indexer, "Quiet Harbor by Jane Doe M4B", seeders=5)
    request = books.ask()
    books.work_off("search_indexers")
    indexer.misbehave(how, link(books, request))
    books.work_off("download_torrent")
    (download,) = books.downloads_of(request)
    assert (download.title, download.info_hash) == (second.title, second.info_hash)
    assert any(f"{best.title} cannot be had" in event for event in books.events("download_torrent"))


def link(books, request):
    return urlsplit(books.list_releases(request)[0].download_url).path


def test_where_none_can_be_had_the_list_is_tried_three_times_and_the_request_fails_once(books, indexer, client):
    offer(indexer)
    request = books.ask()
    books.work_off("search_indexers")
    indexer.misbehave("broken", link(books, request))
    books.work_off("download_torrent")
    assert books.jobs("download_torrent", "status, attempts") == [("failed", 3)]
    assert books.way(request)[-1:] == ["failed"]
    assert books.way(request).count("failed") == 1
    assert books.downloads_of(request) == []


def test_a_client_that_is_away_is_no_reason_to_fetch_other_releases(books, indexer, client):
    offer(indexer, seeders=50), offer(indexer, "Quiet Harbor by Jane Doe M4B", seeders=5)
    client.error = TransientError("qBittorrent does not answer")
    request = books.ask()
    books.work_off("search_indexers")
    indexer.asked.clear()
    books.work_off("download_torrent")
    assert len(indexer.asked) == 3
    assert books.get_request(request).error_message == "qBittorrent does not answer"


def test_without_a_client_for_it_a_release_is_not_fetched(books, indexer, client):
    offer(indexer)
    request = books.ask()
    books.work_off("search_indexers")
    with books.engine.begin() as conn:
        CLIENTS.change(conn, 1, enabled=False)
    books.work_off("download_torrent")
    assert "No download client for torrent is enabled" in books.get_request(request).error_message


def test_a_download_whose_request_was_withdrawn_meanwhile_is_removed_again(books, indexer, client):
    offer(indexer)
    request = books.ask()
    books.work_off("search_indexers")
    client.then = lambda: books.sql("UPDATE requests SET status = 'cancelled'")
    books.work_off("download_torrent")
    (download,) = books.downloads_of(request)
    assert download.status == "replaced"
    assert books.jobs("cleanup_seeded_torrents", "target_type, target_id") == [("download", str(download.id))]
    assert books.jobs("monitor_download") == []


def test_whoever_may_not_approve_chooses_and_an_administrator_has_it_downloaded(books, indexer, client):
    offer(indexer)
    books.write_settings(auto_approve=False)
    request = books.ask(may_approve=False)
    assert books.jobs("search_indexers") == []
    books.look_for_releases(request)
    books.work_off("search_indexers")
    (release,) = books.list_releases(request)
    books.choose_release(request, release.id, by="ann", may_approve=False)
    assert books.get_request(request).status == "awaiting_approval"
    books.approve_request(request, by="root")
    books.work_off("download_torrent")
    assert [each.title for each in books.downloads_of(request)] == [GOOD]
    with pytest.raises(ConflictError, match="does not wait for approval"):
        books.approve_request(request, by="root")
