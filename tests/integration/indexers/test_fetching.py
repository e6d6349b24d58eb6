"""What a release leads to: fetched from where it may be, checked, and without the key going astray."""

from __future__ import annotations

import gzip

import pytest

from tasks.clients.indexers.fetching import fetch
from tasks.clients.indexers.searching import search
from tasks.clients.web import Bounds
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError
from tests.stubs import torrents
from tests.stubs.answers import Reply
from tests.stubs.indexer import indexer

CONTROL = NoControl()
TITLE = "Jane Doe - Quiet Harbor [M4B]"


@pytest.fixture
def found(web, server, source):
    """The one release that is listed, and the source that it was found with."""

    def find(kind="torznab", **said):
        server.offer(TITLE, **({"protocol": "usenet"} if kind == "newznab" else {}) | said)
        ours = source(kind)
        (release,) = search(web, [ours], ["harbor"], CONTROL).releases
        server.asked.clear()
        return ours, release

    return find


@pytest.mark.parametrize("kind", ["torznab", "prowlarr"])
def test_a_torrent_file_is_fetched_and_known_by_its_hash(web, server, found, kind):
    ours, release = found(kind, content={"01.mp3": b"a" * 40_000, "cd/02.mp3": b"b"})
    fetched = fetch(web, ours, release, CONTROL)
    assert fetched.content == torrents.torrent(server.listings[0].info)
    assert (fetched.info_hash, fetched.size, fetched.magnet) == (server.listings[0].info_hash, 40_001, None)


@pytest.mark.parametrize("kind", ["prowlarr", "newznab"])
def test_the_key_goes_back_to_where_it_was_put_and_is_told_in_a_header_as_well(web, server, found, kind):
    ours, release = found(kind)
    assert "k3y" not in release.download_url
    fetch(web, ours, release, CONTROL)
    assert (server.asked[0].said("apikey"), server.asked[0].headers.get("x-api-key")) == ("k3y", "k3y")


def test_an_address_that_only_looks_as_if_a_key_belonged_there_gets_none(web, server, source):
    server.offer("Quiet Harbor", instead={"downloadUrl": f"{server.url}/file/1?apikey=<key>&a=%3Ckey%3E"})
    ours = source("prowlarr")
    (release,) = search(web, [ours], ["harbor"], CONTROL).releases
    server.asked.clear()
    fetch(web, ours, release, CONTROL)
    assert server.asked[0].query == {"apikey": ["<key>"], "a": ["<key>"]}


@pytest.mark.parametrize("kind", ["torznab", "prowlarr"])
def test_a_magnet_link_is_fetched_wherever_it_is(web, server, found, kind):
    ours, release = found(kind, magnet=True)
    fetched = fetch(web, ours, release, CONTROL)
    assert (fetched.content, fetched.magnet) == (None, server.listings[0].magnet_link)
    assert fetched.info_hash == server.listings[0].info_hash


def test_a_magnet_link_may_be_all_that_a_file_holds(web, server, found):
    ours, release = found()
    link = server.listings[0].magnet_link
    server.misbehave(Reply(200, f"{link}\n".encode()), "/file")
    assert fetch(web, ours, release, CONTROL).magnet == link


@pytest.mark.parametrize("packed", [False, True])
def test_an_nzb_is_fetched_and_unpacked(web, server, found, packed):
    ours, release = found("newznab")
    content = torrents.nzb("a", 123)
    server.misbehave(Reply(200, gzip.compress(content) if packed else content), "/newznab")
    fetched = fetch(web, ours, release, CONTROL)
    assert (fetched.content, fetched.size, fetched.info_hash) == (content, 123, None)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("busy", TransientError, "answers 429"),
        ("broken", TransientError, "answers 500"),
        ("limit", TransientError, "Request limit reached"),
        ("missing", PermanentError, "404"),
        ("forbidden", PermanentError, "refuses the API key"),
        ("garbage", PermanentError, "there is no torrent file where it leads to"),
        ("page", PermanentError, "it is a web page"),
        ("huge", PermanentError, "larger than 20 MiB"),
        (Reply(200, b""), PermanentError, "there is no torrent file"),
        (Reply(200, b"magnet:?xt=urn:btih:no"), PermanentError, "magnet link that names no torrent"),
        (Reply(302, headers={"Location": "magnet:?dn=x"}), PermanentError, "magnet link that names no torrent"),
        (Reply(302, headers={"Location": "file:///etc/passwd"}), PermanentError, "must be at an http or https address"),
        (Reply(302, headers={"Location": "/file/1"}), PermanentError, "sent on more than 3 times"),
        (Reply(302, headers={"Location": "http://localhost:5432/"}), PermanentError, "is in a private network"),
        (Reply(302, headers={"Location": "http://169.254.169.254/"}), PermanentError, "is in a private network"),
    ],
)
def test_each_way_to_fail_is_said_in_a_sentence(web, server, found, how, error, words):
    ours, release = found()
    server.misbehave(how, "/file")
    with pytest.raises(error, match=words):
        fetch(web, ours, release, CONTROL)


@pytest.mark.parametrize(
    "content",
    [
        b"<html></html>",
        b"<nzb/>",
        b"<nzb><file>",
        gzip.compress(bytes(30 << 20), mtime=0),
        gzip.compress(b"<nzb/>", mtime=0)[:-9],
        b"\x1f\x8b",
    ],
)
def test_what_is_no_nzb_is_refused(web, server, found, content):
    ours, release = found("newznab")
    server.misbehave(Reply(200, content), "/newznab")
    with pytest.raises(PermanentError, match=r"Ours, Jane Doe - Quiet Harbor \[M4B\]: there is no NZB"):
        fetch(web, ours, release, CONTROL)


def test_a_redirect_takes_no_key_to_another_server(web, server, found, source):
    ours, release = found("prowlarr")
    with indexer(key=None) as other:
        server.misbehave(Reply(301, headers={"Location": f"{other.url}/file/1"}), "/1/download")
        with pytest.raises(PermanentError, match="is in a private network"):
            fetch(web, ours, release, CONTROL)
        assert other.asked == []


def test_the_header_is_dropped_for_good_once_it_leads_elsewhere(web, server):
    """There and back again: what another server asks of ours, it asks without the key."""
    with indexer(key=None) as other:
        server.misbehave(Reply(302, headers={"Location": f"{other.url}/there"}), "/from")
        other.misbehave(Reply(302, headers={"Location": f"{server.url}/back"}))
        server.misbehave(Reply(200, b"x"), "/back")
        trusted = frozenset({_origin(server), _origin(other)})
        web.fetch(f"{server.url}/from", trusted, Bounds(1 << 20, 10), CONTROL, {"X-Api-Key": "k3y"})
    sent = [each.headers.get("x-api-key") for each in (*server.asked, *other.asked)]
    assert sent == ["k3y", None, None]


def _origin(server):
    return ("127.0.0.1", int(server.url.rpartition(":")[2]))
