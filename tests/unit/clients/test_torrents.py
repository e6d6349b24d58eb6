"""Torrent files and magnet links: which torrent they name, and what is refused."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.clients.indexers import bencode
from tasks.clients.indexers.bencode import BencodeError, read_dictionary
from tasks.clients.indexers.magnet import magnet_hash
from tasks.clients.indexers.torrent import TorrentError, read_torrent
from tests.stubs.torrents import bencode as written
from tests.stubs.torrents import info, info_hash, torrent

HASH = "0123456789abcdef0123456789abcdef01234567"
VALUES = st.recursive(
    st.integers(-(10**18), 10**18) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)


def plain(value):
    """A value with its names as they are read."""
    if isinstance(value, dict):
        return {name.encode(): plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=40)
@given(st.dictionaries(st.text("abc", max_size=3), VALUES, max_size=4))
def test_what_is_written_is_read(value):
    content = written(value)
    decoded = read_dictionary(content + b"\n")
    assert decoded.values == plain(value)
    assert {name: content[slice(*span)] for name, span in decoded.spans.items()} == {
        name.encode(): written(each) for name, each in value.items()
    }


@given(st.sampled_from([b"", b"d", b"d4:info"]), st.binary(max_size=60))
def test_no_content_is_too_strange(start, content):
    with suppress(BencodeError):
        read_dictionary(start + content)
    with suppress(TorrentError):
        read_torrent(start + content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"i1e",
        b"le",
        b"d",
        b"d1:ai1e",
        b"d1:ai01ee",
        b"d1:ai-0ee",
        b"d1:ai+1ee",
        b"d1:a02:xxe",
        b"d1:a5:xxe",
        b"d1:a999999999:xe",
        b"d1:ai1e1:ai2ee",
        b"di1ei2ee",
        b"d1:ai1eed",
        b"d1:a" + b"l" * 100_000,
        b"d1:a" + b"l" * 65 + b"e" * 66,
        b"d1:ai" + b"9" * 30 + b"ee",
    ],
)
def test_what_is_not_exactly_right_is_refused(content):
    with pytest.raises(BencodeError):
        read_dictionary(content)


def test_too_many_values_are_refused(monkeypatch):
    monkeypatch.setattr(bencode, "MOST_VALUES", 1000)
    read_dictionary(b"d1:al" + b"le" * 999 + b"ee")
    with pytest.raises(BencodeError, match="too many values"):
        read_dictionary(b"d1:al" + b"le" * 1000 + b"ee")


def test_a_torrent_of_several_files():
    said = info("Quiet Harbor", {"01.mp3": b"a" * 40_000, "cd 2/02.mp3": b"b"})
    found = read_torrent(torrent(said, "http://tracker.test/announce"))
    assert (found.info_hash, found.name, found.size, found.files) == (info_hash(said), "Quiet Harbor", 40_001, 2)


def test_the_hash_is_of_what_was_written_whatever_the_order():
    raw = b"d6:pieces20:" + b"h" * 20 + b"4:name1:a12:piece lengthi16384e6:lengthi5ee"
    found = read_torrent(b"d8:announce1:x4:info" + raw + b"e")
    assert found.info_hash == hashlib.sha1(raw).hexdigest()


def test_a_torrent_of_version_two_is_known_as_clients_know_it():
    tree = {"a.m4b": {"": {"length": 7, "pieces root": b"r" * 32}}, "cd": {"b.m4b": {"": {"length": 0}}}}
    said = {"file tree": tree, "meta version": 2, "name": "Quiet Harbor", "piece length": 16384}
    found = read_torrent(torrent(said))
    assert found.info_hash == hashlib.sha256(written(said)).hexdigest()[:40]
    assert (found.size, found.files) == (7, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ".."},
        {"name": "a/b"},
        {"name": ""},
        {"name": "a\0b"},
        {"name": 1},
        {"pieces": b""},
        {"pieces": b"x" * 19},
        {"pieces": 1},
        {"piece length": 0},
        {"piece length": b"1"},
        {"length": -1},
        {"length": 1 << 60},
        {"files": []},
        {"files": [1]},
        {"files": [{"length": 1, "path": []}]},
        {"files": [{"length": 1, "path": ["..", "etc"]}]},
        {"files": [{"length": 1, "path": ["a\\..\\b"]}]},
        {"files": [{"length": 1, "path": ["a", 1]}]},
        {"files": [{"path": ["a"]}]},
    ],
)
def test_a_torrent_that_cannot_be_trusted_is_refused(wrong):
    with pytest.raises(TorrentError):
        read_torrent(torrent(info("a", {"a": b"content"}) | wrong))


@pytest.mark.parametrize(
    "content", [b"de", b"d4:infoi1ee", b"d4:infodee", b"<html>", written({"info": {"file tree": 1}})]
)
def test_what_is_no_torrent_is_refused(content):
    with pytest.raises(TorrentError):
        read_torrent(content)


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (f"magnet:?xt=urn:btih:{HASH}", HASH),
        (f"magnet:?xt=urn:btih:{HASH.upper()}&dn=Quiet+Harbor&tr=udp://t.test:1", HASH),
        (f"magnet:?dn=x&xt=urn%3Abtih%3A{HASH}", HASH),
        (f"magnet:?xt.1=urn:btih:{HASH}", HASH),
        (f"magnet:?xt=urn:btih:{base64.b32encode(bytes.fromhex(HASH)).decode().lower()}", HASH),
        (f"magnet:?xt=urn:btmh:1220{HASH}{'0' * 24}", HASH),
        (f"magnet:?xt=urn:btmh:1220{'f' * 64}&xt=urn:btih:{HASH}", HASH),
        (f"magnet:?xt=urn:btih:{HASH}0", None),
        (f"magnet:?xt=urn:sha1:{HASH}", None),
        (f"magnet:?xt=urn:btih:{HASH}\n", None),
        (f"http://a.test/?xt=urn:btih:{HASH}", None),
        (f"magnet:?xt=urn:btih:{HASH}&" + "x" * 20_000, None),
        (f"magnet:?xt=urn:btih:{HASH}" + "&a=b" * 300, None),
        ("magnet:", None),
        (None, None),
    ],
)
def test_which_torrent_a_magnet_link_names(link, found):
    assert magnet_hash(link) == found
