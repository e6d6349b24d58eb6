"""What an audio file is, and what its tags say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tasks.media.audio.cover import BOX, COVER, QUALITY, publish
from tasks.media.audio.tags import Tags, understood
from tasks.media.limits import Limits
from tasks.media.probe import Chapter
from tasks.media.source import reading
from tasks.media.tools import MediaTools

LIMITS = Limits(wall=60, silence=30, cpu=40)


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

    A cover of an earlier content goes. Tags or a cover that cannot be read are a warning. Raises `PermanentError` in
    the words of libav for a file that has no sound or is broken, and `TransientError` for one that changes while it is
    read.
    """
    with reading(path), TemporaryDirectory(prefix="darkroom-") as folder:
        cover = Path(folder) / COVER
        facts = look(tools, path, cover)
        publish(cover if facts.cover else None, out)
    for warning in facts.warnings:
        tools.control.log("warn", warning)
    return facts


def look(tools: MediaTools, path: Path, cover: Path | None = None) -> AudioProbe:
    """The same for a kernel that guards the file itself; the cover is written to the file `cover`, if at all."""
    facts: dict[str, Any] = tools.ask_of_audio(
        "audio_probe", path, LIMITS, cover=cover and str(cover), box=BOX, quality=QUALITY
    )
    tags = understood(facts.pop("tags"), path)
    chapters = tuple(Chapter(**chapter) for chapter in facts.pop("chapters"))
    has_cover, warnings = facts.pop("has_cover"), tuple(facts.pop("warnings"))
    return AudioProbe(**facts, tags=tags, chapters=chapters, cover=COVER if has_cover else None, warnings=warnings)
