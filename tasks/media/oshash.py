"""The hash of a file's size and ends, by which it is known here and elsewhere without being read whole."""

from __future__ import annotations

import struct
from typing import BinaryIO

from tasks.errors import PermanentError

CHUNK = 64 * 1024
MASK = (1 << 64) - 1


def oshash(file: BinaryIO, size: int) -> str:
    """OpenSubtitles' hash, as Stash computes it: size + the 64-bit words of both ends of the file, modulo 2^64.

    A file under 64 KiB counts as many whole words as it has, from its beginning and up to its end. Raises
    `PermanentError` for a file of 8 bytes or less.
    Source: https://trac.opensubtitles.org/projects/opensubtitles/wiki/HashSourceCodes and Stash's `pkg/hash/oshash`.
    """
    if size <= 8:
        raise PermanentError(f"A file of {size} bytes is too short to have an oshash")
    length = min(CHUNK, size // 8 * 8)
    total = size + sum(_words(file, 0, length)) + sum(_words(file, size - length, length))
    return f"{total & MASK:016x}"


def _words(file: BinaryIO, offset: int, length: int) -> tuple[int, ...]:
    file.seek(offset)
    return struct.unpack(f"<{length // 8}Q", file.read(length))
