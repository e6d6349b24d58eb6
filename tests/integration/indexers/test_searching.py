"""What indexers are asked, what is read of their answers, and what becomes of those that fail."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from db.ledger import Claimed
from flows.job_control import JobControl
from tasks.clients.indexers.prowlarr import indexers
from tasks.clients.indexers.searching import about, newest, search
from tasks.clients.indexers.source import Source
from tasks.clients.web import Bounds
from tasks.control import NoControl
from tasks.errors import CancelledError, PermanentError, TransientError
from tests.stubs.answers import Reply
from tests.stubs.listings import PUBLISHED, Remote

KINDS = ("torznab", "newznab", "prowlarr")
CONTROL = NoControl()


def titles(found):
    return [release.title for release in found.releases]


@pytest.mark.parametrize("kind", ["torznab", "prowlarr"])
def test_a_torrent_is_read_whole(web, server, source, kind):
    listing = server.offer("Jane Doe - Quiet Harbor [M4B]", seeders=5, peers=8, flags=("Freeleech", "VIP"), magnet=True)
    (release,) = search(web, [source(kind)], ["quiet harbor"], CONTROL).releases
    assert (release.title, release.protocol, release.indexer_id) == (listing.title, "torrent", 7)
    assert release.indexer == ("Books" if kind == "prowlarr" else "Ours")
    assert (release.size, release.seeders, release.leechers) == (20_000, 5, 3)
    assert (release.published, release.info_hash) == (PUBLISHED, listing.info_hash)
    assert (release.guid, release.info_url) == (f"{server.url}/details/1", f"{server.url}/details/1")
    assert (release.flags, release.categories) == (("Freeleech", "VIP"), (3000, 3030))


def test_an_nzb_has_no_seeders(web, server, source):
    server.offer("Jane Doe - Quiet Harbor [M4B]", protocol="usenet")
    (release,) = search(web, [source("newznab")], ["quiet harbor"], CONTROL).releases
    assert (release.protocol, release.seeders, release.leechers, release.size) == ("usenet", None, None, 20_000)


@pytest.mark.parametrize(
    ("factors", "flags"),
    [
        (("0", "1"), ("Freeleech",)),
        (("0.5", "2"), ("Partial Freeleech", "Double Upload")),
        (("1", "1"), ()),
        (("-1", "free"), ()),
    ],
)
def test_what_a_tracker_counts_is_a_flag(web, server, source, factors, flags):
    server.offer("Quiet Harbor", factors=factors)
    (release,) = search(web, [source()], ["harbor"], CONTROL).releases
    assert release.flags == flags


def test_a_feed_is_asked_for_audiobooks_with_its_key(web, server, source):
    search(web, [source(categories=(3030, 3000))], ["quiet harbor", "harbor"], CONTROL)
    asked = server.asked
    assert [each.said("q") for each in asked] == ["quiet harbor", "harbor"]
    assert {each.path for each in asked} == {"/torznab/api"}
    assert {(each.said("t"), each.said("cat"), each.said("extended"), each.said("apikey")) for each in asked} == {
        ("search", "3030,3000", "1", "k3y")
    }


def test_prowlarr_is_asked_for_chosen_indexers_with_its_key_in_a_header(web, server, source):
    server.remotes = [Remote(1, "Books"), Remote(2, "More"), Remote(3, "Not asked")]
    for number in (1, 2, 3):
        server.offer(f"Quiet Harbor {number}", indexer=number)
    found = search(web, [source("prowlarr", remote_ids=(1, 2))], ["harbor"], CONTROL)
    assert titles(found) == ["Quiet Harbor 1", "Quiet Harbor 2"]
    (asked,) = [each for each in server.asked if each.path == "/api/v1/search"]
    assert (asked.query["indexerIds"], asked.query["categories"]) == (["1", "2"], ["3030"])
    assert asked.headers["x-api-key"] == "k3y"
    assert "apikey" not in asked.query


@pytest.mark.parametrize("url", ["{}/torznab", "{}/torznab/", "{}/torznab/api", "{}/torznab/api?t=caps&x=1"])
def test_a_feeds_address_is_taken_as_people_copy_it(web, server, source, url):
    server.offer("Quiet Harbor")
    assert titles(search(web, [source(url=url.format(server.url))], ["harbor"], CONTROL)) == ["Quiet Harbor"]


@pytest.mark.parametrize("kind", ["torznab", "prowlarr"])
@pytest.mark.parametrize("says_total", [True, False])
def test_pages_are_turned_until_the_last_and_each_release_is_there_once(web, server, source, kind, says_total):
    server.says_total = says_total
    for number in range(230):
        server.offer(f"Quiet Harbor {number}")
    assert len(search(web, [source(kind)], ["harbor", "quiet"], CONTROL).releases) == 230
    pages = [
        each.said("offset") for each in server.asked if each.said("q") == "harbor" or each.said("query") == "harbor"
    ]
    assert pages == ["0", "100", "200"]


def test_a_feed_of_small_pages_is_read_to_the_end(web, server, source):
    server.page = 40
    for number in range(100):
        server.offer(f"Quiet Harbor {number}")
    assert len(search(web, [source()], ["harbor"], CONTROL).releases) == 100


def test_a_feed_that_repeats_itself_is_left(web, server, source):
    page = b"".join(_item(number) for number in range(100))
    server.misbehave(Reply(200, b'<rss><channel><response total="99999"/>%s</channel></rss>' % page))
    assert len(search(web, [source()], ["harbor"], CONTROL).releases) == 100
    assert len(server.asked) == 2


def _item(number):
    return b"<item><title>Harbor</title><guid>%d</guid><link>http://a.test/%d</link></item>" % (number, number)


def test_what_is_of_another_kind_or_has_no_seeders_is_left_out(web, server, source):
    server.minds_categories = False
    server.offer("Quiet Harbor, the film", categories=(2000, 2040))
    server.offer("Quiet Harbor, dead", seeders=0)
    server.offer("Quiet Harbor, uncounted", seeders=None)
    server.offer("Quiet Harbor, audio", categories=(3000,))
    server.offer("Quiet Harbor, of a site's own", categories=(100_013,))
    kept = ["Quiet Harbor, uncounted", "Quiet Harbor, audio", "Quiet Harbor, of a site's own"]
    for kind in ("torznab", "prowlarr"):
        assert titles(search(web, [source(kind)], ["harbor"], CONTROL)) == kept


@pytest.mark.parametrize(
    ("instead", "kept"),
    [
        ({"title": ""}, False),
        ({"title": "\u202eevil\u0085 Harbor &amp;amp; Co"}, True),
        ({"size": "-5"}, True),
        ({"size": "1e9"}, True),
        ({"size": "9" * 400}, True),
        ({"pubDate": "yesterday"}, True),
        ({"pubDate": "Mon, 99 Foo 20255 99:99:99 +9999"}, True),
        ({"comments": "javascript:alert(1)"}, True),
        ({"guid": "x" * 100_000}, True),
        ({"title": "Harbor " + "y" * 100_000}, True),
    ],
)
def test_hostile_values_become_nothing(web, server, source, instead, kept):
    server.offer("Quiet Harbor", instead=instead)
    found = search(web, [source()], ["harbor"], CONTROL).releases
    assert len(found) == kept
    for release in found:
        assert release.title.isprintable()
        assert len(release.title) <= 500
        assert len(release.guid) <= 8000
        assert release.size in {None, 20_000}
        assert release.info_url is None or release.info_url.startswith("http")


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "javascript:alert(1)", "magnet:?xt=urn:btih:zz", "http://u:p@h/", ""]
)
def test_a_release_that_leads_nowhere_is_left_out(web, server, source, link):
    server.offer("Quiet Harbor", instead={"guid": "1", "downloadUrl": link})
    assert search(web, [source("prowlarr")], ["harbor"], CONTROL).releases == ()


def test_control_characters_in_one_title_do_not_hide_the_others(web, server, source):
    server.offer("Quiet Harbor one")
    server.offer("Quiet Harbor t\x08wo")
    assert titles(search(web, [source()], ["harbor"], CONTROL)) == ["Quiet Harbor one", "Quiet Harbor two"]


def test_the_key_is_kept_nowhere(web, server, source, caplog):
    server.offer(f"Quiet Harbor {server.key}")
    with caplog.at_level(logging.INFO, "httpx"):
        found = [search(web, [source(kind)], ["harbor"], CONTROL).releases[0] for kind in ("torznab", "prowlarr")]
    assert "k3y" not in repr([(each, each.download_url) for each in found])
    assert "HTTP Request" in caplog.text
    assert "k3y" not in caplog.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("how", "error", "words", "after"),
    [
        ("busy", TransientError, "Ours answers 429: Too many requests", 30),
        ("broken", TransientError, "Ours answers 500: Something went wrong", 2),
        ("away", TransientError, "Ours answers 503: Back soon", 2),
        (
            "unauthorized",
            PermanentError,
            "refuses the API key: it answers 401. Set its API key anew, then retry.",
            0,
        ),
        ("forbidden", PermanentError, "Ours refuses the API key: it answers 403", 0),
        ("missing", PermanentError, "Ours has nothing at its address (404)", 0),
        ("garbage", PermanentError, "Ours does not answer as an indexer does", 0),
        ("page", PermanentError, "Ours does not answer as an indexer does", 0),
        ("xxe", PermanentError, "Ours does not answer as an indexer does", 0),
        ("laughs", PermanentError, "Ours does not answer as an indexer does", 0),
        ("packed", PermanentError, "packs its answer", 0),
        ("huge", PermanentError, "larger than 16 MiB", 0),
    ],
)
def test_each_kind_of_failure_is_said_in_a_sentence(web, server, source, kind, how, error, words, after):
    server.misbehave(how)
    with pytest.raises(error) as raised:
        search(web, [source(kind)], ["harbor"], CONTROL)
    assert words in str(raised.value)
    assert "k3y" not in str(raised.value)
    assert getattr(raised.value, "after", 0) == after


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("limit", TransientError, "Ours: Request limit reached (error 500)"),
        ("wrong-key", PermanentError, "Ours refuses the API key: Incorrect user credentials (error 100)"),
        (
            Reply(200, b'<error code="201" description="Incorrect k3y"/>'),
            PermanentError,
            "Ours: Incorrect … (error 201)",
        ),
        (Reply(200, b'<error code="x"/>'), TransientError, "Ours: it does not say why (error 900)"),
        (
            Reply(302, headers={"Location": "http://elsewhere.test/k3y"}),
            PermanentError,
            "leads to http://elsewhere.test/…",
        ),
        (Reply(200, b"<feed/>"), PermanentError, "its XML begins with <feed>"),
    ],
)
def test_errors_in_newznabs_own_form(web, server, source, how, error, words):
    server.misbehave(how)
    with pytest.raises(error) as raised:
        search(web, [source()], ["harbor"], CONTROL)
    assert words in str(raised.value)


@pytest.mark.parametrize("how", ["xxe", "laughs", Reply(200, b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/"><rss/>')])
def test_what_defines_entities_or_a_document_type_is_not_read(web, server, source, how):
    server.misbehave(how)
    with pytest.raises(PermanentError, match="it defines a document type or entities"):
        search(web, [source()], ["harbor"], CONTROL)


@pytest.mark.parametrize("body", [b"{}", b"nothing", b"[" * 100_000, b'[1, "x", null]'])
def test_prowlarr_may_say_anything(web, server, source, body):
    server.misbehave(Reply(200, body), "/api/v1/search")
    if body.startswith(b"[1"):
        assert search(web, [source("prowlarr")], ["harbor"], CONTROL).releases == ()
    else:
        with pytest.raises(PermanentError, match="does not answer as an indexer does"):
            search(web, [source("prowlarr")], ["harbor"], CONTROL)


def test_nobody_at_the_address_is_no_answer(web):
    gone = Source(1, "Gone", "torznab", "http://127.0.0.1:9", "k3y")
    with pytest.raises(TransientError, match="Gone: "):
        search(web, [gone], ["harbor"], CONTROL)


def test_one_that_does_not_answer_is_not_waited_for_longer_than_allowed(web, server, source, monkeypatch):
    monkeypatch.setattr("tasks.clients.indexers.torznab.SEARCH", Bounds(size=1 << 20, seconds=0.2))
    server.misbehave("slow")
    with pytest.raises(TransientError, match=r"Ours: There was no whole answer within 0\.2 s"):
        search(web, [source()], ["harbor"], CONTROL)


def test_a_cancel_does_not_wait_for_the_answer(web, server, source):
    server.misbehave("slow")
    control = JobControl(Claimed(1, "search_indexers", "request", "1", "a", {}, 0, 3, 1, "manual", False, None))
    threading.Thread(target=lambda: (server.stalled.wait(60), control.cancel()), daemon=True).start()
    with pytest.raises(CancelledError):
        search(web, [source(), source("prowlarr")], ["harbor"], control)


def test_one_bad_indexer_does_not_hide_what_the_others_say(web, server, source):
    server.offer("Quiet Harbor")
    server.misbehave("busy", "/newznab")
    gone = source(url="http://127.0.0.1:9", name="Gone")
    refused = source(key="wrong", name="Refused")
    found = search(web, [source("newznab", name="Busy"), gone, refused, source()], ["harbor"], CONTROL)
    assert titles(found) == ["Quiet Harbor"]
    assert {(each.indexer, type(each.error)) for each in found.troubles} == {
        ("Busy", TransientError),
        ("Gone", TransientError),
        ("Refused", PermanentError),
    }
    assert found.incomplete is not None
    assert "Busy answers 429" in str(found.incomplete)
    assert "Refused" not in str(found.incomplete)


def test_where_none_can_be_asked_the_words_of_all_are_kept(web, server, source):
    server.misbehave("unauthorized", "/newznab")
    refused, gone = source("newznab", name="Refused"), source(url="http://127.0.0.1:9", name="Gone")
    with pytest.raises(TransientError) as raised:
        search(web, [refused, gone], ["harbor"], CONTROL)
    assert "Refused refuses the API key" in str(raised.value)
    assert "Gone: " in str(raised.value)


def test_nothing_found_is_no_error_where_all_have_answered(web, source):
    found = search(web, [source(), source("prowlarr")], ["harbor"], CONTROL)
    assert (found.releases, found.troubles, found.incomplete) == ((), (), None)


def test_one_that_fails_halfway_keeps_what_it_has_said_and_is_not_asked_further(web, server, source):
    server.replies = [Reply(200, b"<rss><channel>%s</channel></rss>" % _item(1)), Reply(429)]
    found = search(web, [source()], ["harbor", "quiet", "more"], CONTROL)
    assert titles(found) == ["Harbor"]
    assert [each.indexer for each in found.troubles] == ["Ours"]
    assert len(server.asked) == 2


def test_prowlarrs_resting_indexers_are_told(web, server, source):
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    server.remotes = [Remote(1, "Books"), Remote(2, "Tired", rests_until=until)]
    server.offer("Quiet Harbor")
    found = search(web, [source("prowlarr")], ["harbor"], CONTROL)
    assert titles(found) == ["Quiet Harbor"]
    assert [each.indexer for each in found.troubles] == ["Tired"]
    assert 200 < found.incomplete.after <= 300


@pytest.mark.parametrize("chosen", [(), (2,)])
def test_where_all_of_prowlarrs_indexers_rest_nothing_was_asked(web, server, source, chosen):
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    server.remotes = [Remote(2, "Tired", rests_until=until), Remote(3, "Off", enabled=False)]
    with pytest.raises(TransientError, match="Ours"):
        search(web, [source("prowlarr", remote_ids=chosen)], ["harbor"], CONTROL)


def test_a_prowlarr_without_an_enabled_indexer_was_not_asked_either(web, server, source):
    server.remotes = [Remote(1, "Off", enabled=False)]
    with pytest.raises(PermanentError, match=r"Ours has no enabled indexer to ask\. Enable one there, then retry"):
        search(web, [source("prowlarr")], ["harbor"], CONTROL)


@pytest.mark.parametrize("sources", [0, 1])
def test_without_an_indexer_nothing_can_be_asked(web, source, sources):
    with pytest.raises(PermanentError, match=r"There is no indexer to ask\. Add one"):
        search(web, [source(categories=())] * sources, ["harbor"], CONTROL)


def test_the_newest_of_every_feed(web, server, source):
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    server.remotes = [Remote(1, "Books"), Remote(2, "Tired", rests_until=until), Remote(3, "Off", enabled=False)]
    server.offer("Quiet Harbor")
    found = newest(web, [source(), source("prowlarr", id=8)], CONTROL)
    assert {(each.title, each.indexer, each.indexer_id) for each in found.releases} == {
        ("Quiet Harbor", "Ours", 7),
        ("Quiet Harbor", "Books", 8),
    }
    assert [(each.indexer, each.error.after) for each in found.troubles] == [("Tired", 60)]
    assert all(each.said("q") is None for each in server.asked)


def test_a_source_says_what_it_is(web, server, source):
    server.remotes = [Remote(1, "Books"), Remote(2, "Off", enabled=False)]
    assert about(web, source(), CONTROL) == "Stub 1.0, 2 categories"
    assert about(web, source("prowlarr"), CONTROL) == "Prowlarr 1.30.2.4939, 1 indexer"
    assert [(each.id, each.name, each.enabled) for each in indexers(web, source("prowlarr"), CONTROL)] == [
        (1, "Books", True),
        (2, "Off", False),
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"key": "wrong"}, "refuses the API key"),
        ({"kind": "prowlarr", "key": "wrong"}, "refuses the API key"),
        ({"categories": (7020,)}, "does not have the categories 7020. Choose others, then test again."),
        ({"kind": "prowlarr", "url": "{}/torznab"}, "nothing at its address"),
    ],
)
def test_a_source_that_is_set_up_wrongly_says_what_to_do(web, server, source, said, words):
    said = {name: value.format(server.url) if name == "url" else value for name, value in said.items()}
    with pytest.raises(PermanentError, match=words):
        about(web, source(**said), CONTROL)
