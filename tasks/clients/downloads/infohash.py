"""By which hashes a torrent is known, from its .torrent file (BEP 3, BEP 52) or its magnet link (BEP 9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

from tasks.errors import PermanentError

NO_TORRENT = "The indexer's file is no torrent. Choose another release."
NO_MAGNET = "The indexer's magnet link names no torrent. Choose another release."

_HEX = re.compile(r"[0-9a-f]{40}")
#: A SHA-256 as a multihash: its kind, its length, itself.
_V2 = re.compile(r"1220([0-9a-f]{64})")
#: The digits of the longest length that a string in a torrent may have.
_DIGITS = 12


def of_torrent(content: bytes) -> tuple[str, ...]:
    """The hashes by which clients may know this torrent, 40 hexadecimal digits each: SHA-1, cut SHA-256, or both.

    Raises:
        PermanentError: this is no torrent.
    """
    try:
        info = _entries(content)[b"info"]
        keys = _entries(info)
    except (KeyError, IndexError, ValueError) as error:
        raise PermanentError(NO_TORRENT) from error
    found = []
    if b"pieces" in keys:
        found.append(hashlib.sha1(info).hexdigest())  # noqa: S324  (the protocol's)
    if keys.get(b"meta version") == b"i2e":
        found.append(hashlib.sha256(info).hexdigest()[:40])
    if not found:
        raise PermanentError(NO_TORRENT)
    return tuple(found)


def of_magnet(link: str) -> tuple[str, ...]:
    """The same of a magnet link.

    Raises:
        PermanentError: it names no torrent.
    """
    parts = urlsplit(link)
    topics = parse_qs(parts.query).get("xt", []) if parts.scheme.lower() == "magnet" else []
    found = tuple(dict.fromkeys(one for one in map(_topic, topics) if one))
    if not found:
        raise PermanentError(NO_MAGNET)
    return found


def _topic(urn: str) -> str | None:
    kind, _, value = urn.lower().rpartition(":")
    if kind == "urn:btih" and len(value) == 32:
        try:
            return base64.b32decode(value.upper()).hex()
        except binascii.Error:
            return None
    if kind == "urn:btih" and _HEX.fullmatch(value):
        return value
    match = _V2.fullmatch(value) if kind == "urn:btmh" else None
    return match[1][:40] if match else None


def _entries(data: bytes) -> dict[bytes, bytes]:
    """A bencoded dictionary, its values as they are written there. Raises ValueError or IndexError."""
    if data[:1] != b"d":
        raise ValueError("no dictionary")
    found, at = {}, 1
    while data[at] != ord("e"):
        key_start = data.index(b":", at, at + _DIGITS) + 1
        start = _end(data, at)
        at = _end(data, start)
        found[data[key_start:start]] = data[start:at]
    return found


def _end(data: bytes, at: int) -> int:
    """Where the value at `at` ends; however deep it is, in one pass and without recursion."""
    depth = 0
    while True:
        letter = data[at : at + 1]
        if letter in (b"d", b"l"):
            depth, at = depth + 1, at + 1
        elif letter == b"e":
            depth, at = depth - 1, at + 1
        elif letter == b"i":
            at = data.index(b"e", at) + 1
        else:
            colon = data.index(b":", at, at + _DIGITS)
            if not data[at:colon].isdigit():
                raise ValueError("no length")
            at = colon + 1 + int(data[at:colon])
        if at > len(data) or depth < 0:
            raise ValueError("cut off")
        if depth == 0:
            return at
