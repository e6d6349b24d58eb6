"""The MD5 of a whole file, which may be large."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import BinaryIO

from tasks.control import Control

BLOCK = 4 << 20


def md5_of(file: BinaryIO, size: int, control: Control, progress: Callable[[float], None]) -> str:
    """The MD5 of `size` bytes, the whole file; one that grows meanwhile must not keep this busy for ever.

    What was read is dropped from the page cache, which others need more.
    """
    digest = hashlib.md5(usedforsecurity=False)
    block = memoryview(bytearray(BLOCK))
    done = 0
    file.seek(0)
    while done < size and (count := file.readinto(block)):  # type: ignore[attr-defined]
        control.check()
        digest.update(block[:count])
        _forget(file, done, count)
        done += count
        progress(done / max(1, size))
    return digest.hexdigest()


def _forget(file: BinaryIO, offset: int, length: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), offset, length, os.POSIX_FADV_DONTNEED)
