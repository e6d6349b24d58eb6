"""What an audio file is, and what its tags say."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.media.audio.tags import Tags, understood
from tasks.media.limits import Limits
from tasks.media.probe import Chapter
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools

LIMITS = Limits(wall=60, silence=30, cpu=40)
COVER = "cover.jpg"


@dataclass(frozen=True, kw_only=True)
class AudioProbe:
    """What an audio file is."""

    #: Seconds.
    duration: float
    #: Bits a second of the file, its covers left out.
    bit_rate: int
    #: Samples a second.
    sample_rate: int
    channels: int
    codec: str
    #: The first of libav's names for it: `mov` for m4a and m4b.
    container: str
    tags: Tags
    chapters: tuple[Chapter, ...]
    #: File name of the cover inside the output folder.
    cover: str | None
    warnings: tuple[str, ...]


def audio_probe(tools: MediaTools, path: Path, out: Path) -> AudioProbe:
    """Open a file, decode its first sound, read its tags, and write its cover to the folder `out`.

    Tags or a cover that cannot be read are a warning. Raises `PermanentError` in the words of libav for a file that has
    no sound or is broken, and `TransientError` for one that changes while it is read.
    """
    with reading(path):
        facts = _with_cover(tools, path, out)
    for warning in facts.warnings:
        tools.control.log("warn", warning)
    return facts


def look(tools: MediaTools, path: Path, cover: Path | None = None) -> AudioProbe:
    """The same for a kernel that guards the file itself; the cover is written to the file `cover`, if at all."""
    facts: dict[str, Any] = tools.ask_of_audio("audio_probe", path, LIMITS, cover=cover and str(cover))
    tags = understood(facts.pop("tags"), path)
    chapters = tuple(Chapter(**chapter) for chapter in facts.pop("chapters"))
    has_cover, warnings = facts.pop("has_cover"), tuple(facts.pop("warnings"))
    return AudioProbe(**facts, tags=tags, chapters=chapters, cover=COVER if has_cover else None, warnings=warnings)


def _with_cover(tools: MediaTools, path: Path, out: Path) -> AudioProbe:
    """A cover of an earlier content goes, and so does a folder with nothing in it: most files have none."""
    try:
        with staged(out) as folder:
            facts = look(tools, path, folder / COVER)
        if not facts.cover:
            (out / COVER).unlink(missing_ok=True)
        return facts
    finally:
        with suppress(OSError):
            out.rmdir()
