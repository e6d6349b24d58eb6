"""The queue `cleanup_seeded_torrents`: what goes, and what stays."""

from __future__ import annotations

import pytest

from db.requests import CLIENTS, INDEXERS
from db.selection import run_queue
from flows.requests import cleanup, clients
from tasks.clients.downloads.types import Status
from tasks.errors import TransientError
from tests.integration.requests.client import Client, opening
from tests.integration.requests.conftest import grabbed


@pytest.fixture
def client(books, monkeypatch):
    client = Client()
    monkeypatch.setattr(clients, "opened", opening(client))
    books.set_up(CLIENTS, name="qBittorrent", kind="qbittorrent", url="http://127.0.0.1:9", secret_block="client")
    return client


def seeding(books, client, item="abc", status="available", wants=(None, None), **said):
    """A download whose book is available, from an indexer with these rules."""
    rules = dict(zip(("seed_minutes", "seed_ratio"), wants, strict=True))
    found = books.set_up(INDEXERS, name=item, kind="torznab", url="http://127.0.0.1:9", **rules).id
    request, download = grabbed(books, item, title=f"Book {item}", indexer_id=found)
    books.complete_download(download, path="/there")
    books.sql("UPDATE requests SET status = :status, shelf_guid = 'x' WHERE id = :id", status=status, id=request)
    client.knows[item] = Status("seeding", progress=1.0, **said)
    return request, download


def sweep(books):
    with books.engine.begin() as conn:
        run_queue(conn, "cleanup_seeded_torrents", trigger="schedule")
    books.work_off("cleanup_seeded_torrents")
    *_, (result,) = books.jobs("cleanup_seeded_torrents", "result")
    return result


@pytest.mark.parametrize(
    ("wants", "said", "gone"),
    [
        ((10, None), {"seeding_seconds": 600, "ratio": 0.0}, True),
        ((10, None), {"seeding_seconds": 599, "ratio": 9.0}, False),
        ((None, 1.0), {"seeding_seconds": 0, "ratio": 1.0}, True),
        ((None, 1.0), {"seeding_seconds": 9999, "ratio": None}, False),
        ((10, 1.0), {"seeding_seconds": 600, "ratio": 0.9}, False),
        ((10, 1.0), {"seeding_seconds": 600, "ratio": 1.1}, True),
        ((None, None), {"seeding_seconds": 99999, "ratio": 99.0}, False),
        ((10, None), {"seeding_seconds": 600, "status": "downloaded"}, False),
    ],
)
def test_a_torrent_goes_once_its_book_is_available_and_all_its_indexer_wants_was_given(
    books, client, wants, said, gone
):
    _, download = seeding(books, client, wants=wants, **said)
    result = sweep(books)
    assert client.removed == ([("abc", True)] if gone else [])
    assert books.get_downloads([download])[download].status == ("removed" if gone else "completed")
    assert result["cleaned"] == gone
    sweep(books)
    assert len(client.removed) == gone


def test_what_another_request_still_needs_stays(books, client):
    seeding(books, client, wants=(1, None), seeding_seconds=60)
    books.transition(grabbed(books, "abc", title="Another")[0], "processing", "-", by="test")
    assert sweep(books)["cleaned"] == 0
    assert client.removed == []


def test_what_is_not_at_its_client_any_more_is_looked_at_no_more(books, client):
    _, download = seeding(books, client, wants=(1, None))
    client.knows.clear()
    sweep(books)
    assert books.get_downloads([download])[download].status == "removed"


def test_a_client_that_is_away_is_asked_the_next_time(books, client):
    seeding(books, client, wants=(1, None), seeding_seconds=60)
    client.error = TransientError("connection refused")
    assert sweep(books) == {"checked": 1, "cleaned": 0, "skipped": 1, "unlimited": 0}
    client.error = None
    assert sweep(books)["cleaned"] == 1


def test_of_too_many_those_come_first_that_were_not_looked_at_for_longest(books, client, monkeypatch):
    monkeypatch.setattr(cleanup, "MOST", 1)
    seeding(books, client, item="a", wants=(9, None), seeding_seconds=1)
    seeding(books, client, item="b", wants=(9, None), seeding_seconds=1)
    books.sql("UPDATE download_history SET checked_at = now() - interval '1 hour'")
    sweep(books), sweep(books)
    assert client.asked == [["a"], ["b"]]


def test_the_download_of_a_withdrawn_request_goes_at_once_where_that_was_asked_for(books, client):
    request, download = grabbed(books)
    books.cancel_request(request, by="ann", remove_downloads=True)
    books.work_off("cleanup_seeded_torrents")
    assert client.removed == [("abc", True)]
    assert books.get_downloads([download])[download].status == "removed"
