"""Magnet links: which torrent one names."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl, urlsplit

from tasks.clients.web import MAGNET

#: With many trackers they grow to a few kilobytes (characters).
LONGEST = 16_000
MOST_PARAMETERS = 200
_TOPIC = re.compile(
    r"urn:btih:(?P<hex>[0-9a-fA-F]{40})|urn:btih:(?P<base32>[A-Za-z2-7]{32})|urn:btmh:1220(?P<v2>[0-9a-fA-F]{64})"
)


def magnet_hash(link: object) -> str | None:
    """The hash of the torrent that a magnet link names, in hexadecimal; None where it is no magnet link.

    As BEP 9 has them: `btih` in hexadecimal or base32, and `btmh` of BEP 52, of which clients take the first 20 bytes.
    """
    if (
        not isinstance(link, str)
        or not link.lower().startswith(MAGNET)
        or len(link) > LONGEST
        or not link.isprintable()
    ):
        return None
    try:
        said = parse_qsl(urlsplit(link).query, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
    hashes = [found for name, value in said if re.fullmatch(r"xt(?:\.\d+)?", name) and (found := _topic(value))]
    return min(hashes, default=(0, None), key=lambda found: found[0])[1]


def _topic(value: str) -> tuple[int, str] | None:
    """A hash, and 0 where it is the one that clients know a torrent by rather than version 2's."""
    found = _TOPIC.fullmatch(value)
    if found is None:
        return None
    if found["hex"]:
        return 0, found["hex"].lower()
    if found["base32"]:
        try:
            return 0, base64.b32decode(found["base32"].upper()).hex()
        except binascii.Error:
            return None
    return 1, found["v2"].lower()[:40]
