"""Hashes by which a file is known again, here and elsewhere."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tasks.control import Control
from tasks.media.oshash import oshash
from tasks.media.probe import look
from tasks.media.source import reading
from tasks.media.tools import MediaTools, part

BLOCK = 4 << 20


@dataclass(frozen=True)
class Fingerprint:
    """Hexadecimal, lower case. `md5` is missing when it was not asked for."""

    oshash: str
    md5: str | None


def fingerprint(tools: MediaTools, path: Path, *, md5: bool = True) -> Fingerprint:
    """Hash a video file.

    The container is opened first, so that a broken file fails here as it does everywhere, not with a hash of its
    rubbish. Raises as `probe` does.
    """
    with reading(path) as facts:
        look(tools, path)
        tools.control.progress(0.05)
        with path.open("rb", buffering=0) as file:
            short = oshash(file, facts.st_size)
            progress = part(tools.control.progress, 0.05, 1)
            return Fingerprint(short, _md5(file, facts.st_size, tools.control, progress) if md5 else None)


def _md5(file: BinaryIO, size: int, control: Control, progress: Callable[[float], None]) -> str:
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
