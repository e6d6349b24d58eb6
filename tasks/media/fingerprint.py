"""Hashes by which a file is known again, here and elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tasks.media.md5 import md5_of
from tasks.media.oshash import oshash
from tasks.media.phash import phash
from tasks.media.probe import look
from tasks.media.source import reading
from tasks.media.tools import MediaTools, part

#: The hashes of the file's bytes.
OF_BYTES = frozenset({"oshash", "md5"})
PHASH = "phash"
#: How much of the work is to look at pictures; the rest is to read the whole file.
LOOKING = 0.5


@dataclass(frozen=True)
class Fingerprint:
    """Hexadecimal, lower case. What was not asked for is missing, and so is a perceptual hash that is not to be had."""

    oshash: str | None = None
    md5: str | None = None
    phash: str | None = None


def fingerprint(tools: MediaTools, path: Path, wanted: Collection[str] = OF_BYTES) -> Fingerprint:
    """Hash a video file: `wanted` names the hashes.

    The container is opened first, so that a broken file fails here as it does everywhere, not with a hash of its
    rubbish. Then the pictures are looked at: if that has to be tried again, the file need not be read whole twice.
    Raises as `probe` does.
    """
    progress = part(tools.control.progress, 0.05, 1)
    with reading(path) as stat:
        facts = look(tools, path)
        progress(0)
        looking = LOOKING if PHASH in wanted else 0
        perceptual = phash(tools, path, facts, part(progress, 0, looking)) if PHASH in wanted else None
        with path.open("rb", buffering=0) as file:
            short = oshash(file, stat.st_size) if "oshash" in wanted else None
            rest = part(progress, looking, 1)
            long = md5_of(file, stat.st_size, tools.control, rest) if "md5" in wanted else None
    progress(1)
    return Fingerprint(short, long, perceptual)
