"""Plex and Audiobookshelf as they answer over HTTP, well and badly; each test is of both."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import pytest

from db.requests import Shelf
from ops_api import reach
from tasks.clients.shelves import pages
from tasks.clients.shelves.connect import shelf_server
from tasks.clients.shelves.types import IncompleteListingError, Library, ShelfSettings
from tasks.clients.web import Web
from tasks.control import NoControl
from tasks.errors import CancelledError, PermanentError, TransientError
from tests.stubs.answers import Reply
from tests.stubs.audiobookshelf import LIBRARY, AudiobookshelfStub
from tests.stubs.plex import PlexStub
from tests.stubs.shelf import TOKEN, running

KINDS = {"plex": (PlexStub, "1"), "audiobookshelf": (AudiobookshelfStub, LIBRARY)}
#: Where each lists its items.
ITEMS = {"plex": "/library/sections/1/all", "audiobookshelf": f"/api/libraries/{LIBRARY}/items"}


@pytest.fixture(scope="module")
def web():
    with Web() as web:
        yield web


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def stub(kind):
    with running(KINDS[kind][0]()) as stub:
        yield stub


@pytest.fixture
def library(kind):
    return KINDS[kind][1]


@pytest.fixture
def settings(kind, stub):
    return ShelfSettings(kind, "Home", stub.url, TOKEN)


@pytest.fixture
def server(web, settings):
    return shelf_server(settings, web, NoControl())


def test_it_says_what_it_is_and_which_libraries_may_hold_audiobooks(server, kind, library):
    assert server.test().startswith("Plex 1.41" if kind == "plex" else "Audiobookshelf 2.36")
    assert server.libraries() == [Library(library, "Audiobooks")]


def test_a_person_who_tries_it_out_hears_which_libraries_there_are(stub, kind, library):
    now = datetime.now(UTC)
    row = Shelf(1, "Home", kind, stub.url, "shelf", library, True, True, None, None, None, None, {}, now)
    tried = reach.shelf(row, TOKEN)
    assert (tried.ok, tried.words.endswith(", library Audiobooks")) == (True, True)
    assert tried.learned == {"libraries": {library: "Audiobooks"}, "trouble": None, "trouble_since": None}
    tried = reach.shelf(replace(row, library_id="99"), TOKEN)
    assert (tried.ok, tried.words.endswith(f"has no library 99; it has {library} (Audiobooks)")) == (False, True)
    assert reach.shelf(replace(row, library_id=""), TOKEN).learned["library_id"] == library
    with pytest.raises(PermanentError, match="refuses the token"):
        reach.shelf(row, None)


def test_every_book_is_listed_with_what_is_said_of_it(server, stub, kind, library):
    stub.add("Quiet Harbor", "Jane Doe", narrator="Ann Reader", asin="B002V1OF70", isbn="978-0-553-29335-7")
    stub.add("Ebook only", "Jane Doe", duration=None)
    stub.add("", "Nobody")
    found = list(server.items(library))
    book = found[0]
    assert (book.title, book.author, book.narrator, book.asin) == (
        "Quiet Harbor",
        "Jane Doe",
        "Ann Reader",
        "B002V1OF70",
    )
    assert book.added_at == book.updated_at == datetime.fromtimestamp(1_700_000_001, UTC)
    assert [each.title for each in found[1:]] == (["Ebook only"] if kind == "plex" else [])
    if kind == "audiobookshelf":
        assert (book.isbn, book.duration, book.path) == ("9780553293357", 3600.0, "/audiobooks/Quiet Harbor")


def test_a_library_is_read_page_after_page_and_no_further_than_wanted(server, stub, kind, library, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    for number in range(5):
        stub.add(f"Book {number}", "Jane Doe")
    assert [each.title for each in server.items(library)] == [f"Book {number}" for number in range(5)]
    assert len(stub.asked) == 3
    stub.asked.clear()
    assert [each.title for each in islice(server.items(library), 2)] == ["Book 0", "Book 1"]
    assert len(stub.asked) == 1


def test_the_newest_are_listed_and_all_that_came_since(server, stub, library, monkeypatch):
    for number in range(6):
        stub.add(f"Book {number}", "Jane Doe")
    third = datetime.fromtimestamp(1_700_000_003, UTC)
    assert [each.title for each in server.items(library, newest=2)] == ["Book 5", "Book 4"]
    assert [each.title for each in server.items(library, newest=2, since=third)] == [f"Book {n}" for n in (5, 4, 3, 2)]
    assert [each.title for each in server.items(library, newest=5, since=third)] == [
        f"Book {n}" for n in (5, 4, 3, 2, 1)
    ]


def test_a_library_that_changes_while_it_is_read_is_not_taken_for_complete(server, stub, library, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    for number in range(4):
        stub.add(f"Book {number}", "Jane Doe")
    found = server.items(library)
    titles = [next(found).title, next(found).title]
    del stub.books[0]
    with pytest.raises(IncompleteListingError):
        titles.extend(each.title for each in found)
    assert "Book 3" in titles


def test_it_is_told_to_look_for_new_files(server, stub, library):
    server.scan(library)
    assert stub.scans == 1


def test_a_book_that_is_put_into_the_folder_is_listed_after_a_scan(server, stub, library, tmp_path):
    stub.folder, stub.watches = tmp_path, False
    folder = tmp_path / "Jane Doe" / "Quiet Harbor [B002V1OF70]"
    folder.mkdir(parents=True)
    (folder / "book.m4b").write_bytes(b"no sound")
    assert list(server.items(library)) == []
    server.scan(library)
    stub.books[0].duration = 60.0
    (book,) = server.items(library)
    assert (book.title, book.author, book.asin) == ("Quiet Harbor", "Jane Doe", "B002V1OF70")


@pytest.mark.parametrize("ask", ["test", "libraries", "items", "scan"])
def test_a_wrong_token_is_refused_and_is_in_no_error_or_log(web, settings, library, stub, caplog, ask):
    caplog.set_level(logging.DEBUG)
    server = shelf_server(replace(settings, token="wr0ng"), web, NoControl())
    with pytest.raises(PermanentError, match="Home refuses the token: it answers 401") as refused:
        _ask(server, ask, library)
    assert not any("wr0ng" in str(asked.path) + str(asked.query) for asked in stub.asked)
    assert "wr0ng" not in str(refused.value) + caplog.text


def _ask(server, ask, library):
    if ask == "items":
        return list(server.items(library))
    return server.scan(library) if ask == "scan" else getattr(server, ask)()


@pytest.mark.parametrize("ask", ["test", "items"])
@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("broken", TransientError, "500"),
        ("away", TransientError, "503"),
        ("garbage", PermanentError, "does not answer as"),
        ("page", PermanentError, "does not answer as"),
        ("huge", PermanentError, "larger than"),
        ("missing", PermanentError, "no such library"),
        (Reply(302, headers={"Location": "http://elsewhere.test/"}), PermanentError, "lead"),
        (Reply(200, b"[[" * 100_000), PermanentError, "does not answer as"),
        (Reply(200, b'{"MediaContainer": 5, "results": 5, "libraries": 5, "serverVersion": 5}'), PermanentError, "as"),
    ],
)
def test_a_bad_answer_is_said_in_words_and_holds_no_token(server, stub, library, ask, how, error, words):
    stub.misbehave(how)
    with pytest.raises(error, match=words) as said:
        _ask(server, ask, library)
    assert str(said.value).startswith("Home")
    assert TOKEN not in str(said.value)


def test_a_server_that_is_down_is_asked_again_later(server, stub, library):
    stub.down()
    for ask in ("test", "items", "scan"):
        with pytest.raises(TransientError, match="Home"):
            _ask(server, ask, library)


def test_entities_of_a_plex_are_not_expanded(web):
    with running(PlexStub()) as stub:
        stub.misbehave("laughs")
        with pytest.raises(PermanentError):
            shelf_server(ShelfSettings("plex", "Home", stub.url, TOKEN), web, NoControl()).libraries()


def test_odd_values_are_left_out_and_do_no_harm(server, stub, kind, library):
    odd = {"title": 5, "guid": [], "addedAt": "x", "updatedAt": 1e30, "media": 7, "Guid": {"id": 1}, "ratingKey": None}
    stub.add("Odd", instead=odd)
    stub.add("Even", "Jane Doe", instead={"addedAt": -1, "updatedAt": True, "Guid": [5, {"id": 7}], "Style": [3]})
    stub.add("Ends\x00 here\u202e", "Jane\nDoe")
    found = list(server.items(library))
    assert [(each.title, each.author) for each in found] == [("Even", "Jane Doe"), ("Ends here", "Jane Doe")]
    assert found[0].added_at is None


def test_missing_items_of_an_audiobookshelf_are_not_listed(web):
    with running(AudiobookshelfStub()) as stub:
        stub.add("Gone", "Jane Doe", instead={"isMissing": True})
        server = shelf_server(ShelfSettings("audiobookshelf", "Home", stub.url, TOKEN), web, NoControl())
        assert list(server.items(LIBRARY)) == []


def test_a_cancel_ends_the_reading(web, settings, stub, library):
    class Cancelled(NoControl):
        def check(self):
            raise CancelledError

    with pytest.raises(CancelledError):
        list(shelf_server(settings, web, Cancelled()).items(library))
    assert stub.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://user:pw@127.0.0.1", "127.0.0.1:32400"])
def test_what_is_no_address_of_the_web_is_refused(web, kind, url):
    with pytest.raises(PermanentError, match="http://"):
        shelf_server(ShelfSettings(kind, "Home", url), web, NoControl())
