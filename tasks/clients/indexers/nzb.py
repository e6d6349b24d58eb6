"""NZB files: whether one is one, and what it would bring."""

from __future__ import annotations

import zlib
from io import BytesIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

GZIP = b"\x1f\x8b"


class NzbError(ValueError):
    """A content is no NZB; the message says why."""


def unpacked(content: bytes, largest: int) -> bytes:
    """A content as it was before gzip, where it is packed; some indexers serve NZBs so.

    Raises:
        NzbError: it is broken, or larger than `largest` bytes.
    """
    if not content.startswith(GZIP):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, largest + 1)
    except zlib.error as error:
        raise NzbError(f"it is packed and broken: {error}") from None
    if len(plain) > largest or not unpacker.eof:
        raise NzbError("it is packed, and too large or cut off")
    return plain


def nzb_size(content: bytes) -> int:
    """The bytes of all articles of an NZB together, as it says.

    Raises:
        NzbError: it is no NZB, or names no article.
    """
    size, articles, begun = 0, 0, False
    try:
        for event, element in iterparse(BytesIO(content), events=("start", "end")):
            name = element.tag.rpartition("}")[2]
            if not begun and name != "nzb":
                raise NzbError(f"it begins with <{name[:40]}>")
            begun = True
            if event == "end" and name == "segment" and (element.text or "").strip():
                articles, size = articles + 1, size + _bytes(element.get("bytes"))
            if event == "end" and name == "file":
                element.clear()
    except DefusedXmlException:
        raise NzbError("it defines entities") from None
    except (ParseError, ValueError, LookupError) as error:
        raise NzbError(str(error)) from None
    if not articles:
        raise NzbError("it names no article")
    return size


def _bytes(said: str | None) -> int:
    return int(said) if said is not None and said.isascii() and said.isdigit() and len(said) < 13 else 0
