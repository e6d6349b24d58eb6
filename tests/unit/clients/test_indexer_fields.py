"""Whatever an indexer says, what is kept of it can be stored, shown and counted with."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.clients import fields
from tasks.clients.indexers.feed import NotXmlError, page, read
from tasks.clients.indexers.prowlarr import _said
from tasks.clients.indexers.said import wanted
from tasks.clients.indexers.source import MASK, Source

SOURCE = Source(1, "Ours", "prowlarr", "http://ours.test:9696/base/", "a/k3y")
NAMES = [
    *("title", "guid", "downloadUrl", "magnetUrl", "indexer", "protocol", "size", "seeders", "leechers"),
    *("publishDate", "infoHash", "infoUrl", "commentUrl", "indexerFlags", "flags", "tags", "labels", "categories"),
    *("downloadVolumeFactor", "uploadVolumeFactor"),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.just("http://a.test/1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name"]), inner, max_size=2),
    max_leaves=6,
)


def unwanted(text):
    """The characters that would not be seen, or change how others are."""
    return [letter for letter in text if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@settings(max_examples=200)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ANYTHING)))
def test_whatever_prowlarr_says_of_a_release_is_read_or_left_out(said):
    release = _said({"title": "Harbor", "downloadUrl": "http://a.test/1"} | said).release(SOURCE)
    if release is None:
        return
    for text in (release.title, release.guid, release.indexer, release.download_url, *release.flags):
        assert text.strip()
        assert not unwanted(text)
        text.encode()
    for number in (release.size, release.seeders, release.leechers, *release.categories):
        assert number is None or 0 <= number <= fields.LARGEST_SIZE
    assert release.published is None or release.published.tzinfo is UTC


@given(st.binary(max_size=100) | st.text(max_size=100).map(lambda text: f"<rss><item>{text}</item></rss>".encode()))
def test_whatever_a_feed_says_is_read_or_refused(content):
    with suppress(NotXmlError):
        assert not any(unwanted(release.title) for release in page(read(content), SOURCE).releases)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Tue, 06 May 2025 07:08:09 +0000", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Tue, 06 May 2025 09:08:09 +0200", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("06 May 2025 07:08:09", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2025-05-06T07:08:09Z", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2025-05-06T07:08:09.1234567Z", datetime(2025, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("Tue, 06 May 99999 07:08:09 +0000", None),
        ("soon", None),
        (1746515289, None),
    ],
)
def test_dates(said, read):
    assert fields.moment(said) == read


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("  Quiet\tHarbor\n", "Quiet Harbor"),
        ("Kiki&#39;s &amp; Co", "Kiki's & Co"),
        ("\u202egnp.exe\u00ad\ud800", "gnp.exe"),
        ("\x00\u200b", None),
        ("\U00018cd6", "\U00018cd6"),
        (5, None),
    ],
)
def test_lines(said, line):
    assert fields.line(said) == line


@pytest.mark.parametrize(
    ("said", "size"),
    [
        *(("300", 300), (" 300 ", 300), (300, 300), (0, None), ("-1", None), (-1, None), (True, None), (3.5, None)),
        *(("1e9", None), ("٣", None), (1 << 60, None), ("9" * 5000, None), (None, None), ([], None)),
    ],
)
def test_sizes(said, size):
    assert fields.size(said) == size


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (" https://a.test/b c?q=ä#x ", "https://a.test/b%20c?q=%C3%A4#x"),
        ("https://a.test/<key>", "https://a.test/%3Ckey%3E"),
        ("ftp://a.test/", None),
        ("https://user:pass@a.test/", None),
        ("/relative", None),
        ("https://", None),
        ("https://a.test/" + "x" * 9000, None),
        ("http://[::1", None),
        (5, None),
    ],
)
def test_addresses(said, address):
    assert fields.address(said) == address


@pytest.mark.parametrize(
    ("url", "kind", "endpoint"),
    [
        (
            "http://a.test:9117/api/v2.0/indexers/x/results/torznab/",
            "torznab",
            "/api/v2.0/indexers/x/results/torznab/api",
        ),
        ("https://a.test/api?apikey=x#y", "newznab", "/api"),
        ("https://a.test", "newznab", "/api"),
    ],
)
def test_where_a_feed_takes_questions(url, kind, endpoint):
    assert Source(1, "a", kind, url).endpoint.split("/", 3)[3] == endpoint[1:]


def test_a_key_is_taken_out_and_put_back_however_it_is_written():
    for written in ("a/k3y", "a%2Fk3y"):
        masked = SOURCE.masked(f"http://ours.test/1/download?apikey={written}&link=x")
        assert masked == f"http://ours.test/1/download?apikey={MASK}&link=x"
        assert SOURCE.unmasked(masked) == "http://ours.test/1/download?apikey=a%2Fk3y&link=x"
    assert SOURCE.at("api/v1/search") == "http://ours.test:9696/base/api/v1/search"
    assert "k3y" not in repr(SOURCE)


@pytest.mark.parametrize(
    ("categories", "asked", "answers"),
    [
        ((3030,), (3030,), True),
        ((3000,), (3030,), True),
        ((3010,), (3030,), False),
        ((3010,), (3000,), True),
        ((2000, 3030), (3030,), True),
        ((7020,), (3030,), False),
        ((), (3030,), True),
        ((100_123,), (3030,), True),
        ((100_123, 2040), (3030,), False),
    ],
)
def test_which_categories_answer_a_question(categories, asked, answers):
    assert wanted(categories, asked) is answers
