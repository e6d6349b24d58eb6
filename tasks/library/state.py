"""The state of a file between two looks: still being written, or the same content as before."""

from __future__ import annotations

import os
import struct
import time

from tasks.errors import PermanentError
from tasks.library import files
from tasks.media.oshash import oshash

#: A file is left alone until nothing was written to it for this long (seconds).
QUIET = 10.0


def is_settled(path: str, size: int, mtime_ns: int) -> bool:
    """Whether the file is as it was seen and old enough. A time far in the future is just a wrong one."""
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    return is_quiet(mtime_ns) and (facts.st_size, files.storable(facts.st_mtime_ns)) == (size, mtime_ns)


def is_quiet(mtime_ns: int) -> bool:
    """Whether nothing was written to a file for a while."""
    return abs(time.time() - mtime_ns / 1e9) >= QUIET


def content_hash(path: str, root: str, size: int) -> str | None:
    """The oshash of a file that was seen with this size (bytes); None where it has none, or cannot be read as such."""
    try:
        with files.open_regular(path, root) as file:
            return oshash(file, size)
    except (OSError, ValueError, struct.error, PermanentError):
        return None
