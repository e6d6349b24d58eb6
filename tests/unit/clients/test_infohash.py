"""The hashes by which a torrent is known, before any client has seen it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clients.downloads import infohash
from tasks.errors import PermanentError
from tests.peers.torrents import bencode, make_torrent

TORRENT = make_torrent("Book", {"01.mp3": b"sound", "02.mp3": b"more"}, "http://127.0.0.1/announce")


def test_a_torrent_is_known_by_the_sha1_of_its_info_as_it_is_written():
    assert infohash.of_torrent(TORRENT.content) == (TORRENT.hash,)
    # keys out of order are wrong, and yet some torrents have them: what counts is what is written
    odd = b"d6:pieces0:4:name1:ae"
    assert infohash.of_torrent(b"d4:info" + odd + b"e") == (hashlib.sha1(odd).hexdigest(),)


def test_a_torrent_of_both_versions_is_known_by_both():
    info = bencode({b"name": "a", b"meta version": 2, b"file tree": {}, b"pieces": b""})
    both = (hashlib.sha1(info).hexdigest(), hashlib.sha256(info).hexdigest()[:40])
    assert infohash.of_torrent(b"d4:info" + info + b"e") == both


def test_a_magnet_is_known_in_either_alphabet_and_in_either_version():
    plain = TORRENT.hash
    letters = base64.b32encode(bytes.fromhex(plain)).decode()
    assert infohash.of_magnet(f"magnet:?xt=urn:btih:{plain.upper()}&dn=Book") == (plain,)
    assert infohash.of_magnet(f"MAGNET:?dn=Book&xt=urn:btih:{letters}") == (plain,)
    new = "1220" + "ab" * 32
    assert infohash.of_magnet(f"magnet:?xt=urn:btih:{plain}&xt=urn:btmh:{new}") == (plain, "ab" * 20)


@pytest.mark.parametrize("link", ["", "magnet:?dn=x", "http://a/?xt=urn:btih:" + "0" * 40, "magnet:?xt=urn:btih:0"])
def test_a_link_that_names_no_torrent_is_refused(link):
    with pytest.raises(PermanentError, match="names no torrent"):
        infohash.of_magnet(link)


def test_a_file_that_is_nested_too_deep_for_recursion_is_refused():
    for letter in (b"d", b"l"):
        with pytest.raises(PermanentError, match="is no torrent"):
            infohash.of_torrent(b"d4:info" + letter * 100_000 + b"e" * 100_000)


@given(st.binary(max_size=200))
def test_nonsense_is_refused_whatever_it_is(data):
    for content in (data, b"d4:info" + data, b"d4:infod4:name" + data + b"ee"):
        with pytest.raises(PermanentError, match="is no torrent"):
            infohash.of_torrent(content)


@given(st.integers(0, len(TORRENT.content) - 1))
def test_a_torrent_that_was_cut_off_is_refused(length):
    with pytest.raises(PermanentError, match="is no torrent"):
        infohash.of_torrent(TORRENT.content[:length])
