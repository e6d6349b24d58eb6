"""Hashes by which a file is known again, here and elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.media.md5 import md5_of
from tasks.media.oshash import oshash
from tasks.media.probe import look
from tasks.media.source import reading
from tasks.media.tools import MediaTools, part


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
            return Fingerprint(short, md5_of(file, facts.st_size, tools.control, progress) if md5 else None)
