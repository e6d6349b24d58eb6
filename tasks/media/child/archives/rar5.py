"""Whether a RAR 5 archive is encrypted, which libarchive does not notice before it stumbles over the data.

Source: the format's description, https://www.rarlab.com/technote.htm.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

SIGNATURE = 8
#: The headers that come before the first file are few and short.
HEAD = 64 * 1024
FILE, ENCRYPTION, END = 2, 4, 5
HAS_EXTRA, HAS_DATA = 0x1, 0x2
#: The record in a file's extra area that says how it is encrypted.
FILE_ENCRYPTION = 1


def is_encrypted(path: Path) -> bool:
    """Whether the headers are encrypted, or the first file is."""
    with path.open("rb") as file:
        head = BytesIO(file.read(HEAD))
    head.seek(SIGNATURE)
    while head.read(4):  # the checksum
        size = _number(head)
        start = head.tell()
        kind, flags = _number(head), _number(head)
        extra = _number(head) if flags & HAS_EXTRA else 0
        data = _number(head) if flags & HAS_DATA else 0
        if kind == FILE:
            return _has_encryption(head, start + size - extra, min(start + size, HEAD))
        if kind in {ENCRYPTION, END}:
            return kind == ENCRYPTION
        head.seek(min(start + size + data, HEAD))
    return False


def _has_encryption(head: BytesIO, place: int, end: int) -> bool:
    while 0 <= place < end:
        head.seek(place)
        size = _number(head)
        after = head.tell()
        if _number(head) == FILE_ENCRYPTION:
            return True
        place = after + max(1, size)
    return False


def _number(head: BytesIO) -> int:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    value, shift = 0, 0
    while byte := head.read(1):
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
        shift += 7
        if shift > 63:
            break
    return value
