"""Technical facts of a video file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.media.limits import Limits
from tasks.media.source import reading
from tasks.media.tools import MediaTools

LIMITS = Limits(wall=60, silence=30, cpu=40)


@dataclass(frozen=True)
class SubtitleTrack:
    """A subtitle stream in the container; `codec` as libav names it."""

    index: int
    codec: str
    language: str | None
    title: str | None
    is_default: bool
    is_forced: bool


@dataclass(frozen=True)
class Chapter:
    """A chapter mark, seconds."""

    start: float
    end: float
    title: str | None


@dataclass(frozen=True)
class Probe:
    """What a video file is."""

    #: Seconds. 0 where nothing in the file says.
    duration: float
    #: Pixels of the picture as stored, turned upright.
    width: int
    height: int
    #: How much wider than high one of these pixels is shown.
    sample_aspect: float
    #: Degrees, counter-clockwise, by which the stored picture is turned when it is shown.
    rotation: int
    frame_rate: float | None
    #: Bits a second, of the whole file.
    bit_rate: int | None
    codec: str | None
    #: The first of libav's names for it: `mov` for mp4, `matroska` for mkv.
    container: str
    #: The index of the stream that all of this is about.
    video_stream: int
    audio_codec: str | None
    subtitles: tuple[SubtitleTrack, ...]
    chapters: tuple[Chapter, ...]


def probe(tools: MediaTools, path: Path) -> Probe:
    """Open a file and look at its first picture.

    Raises `PermanentError` in the words of libav for a file that is no video or is broken, and `TransientError` for one
    that changes while it is read.
    """
    with reading(path):
        return look(tools, path)


def look(tools: MediaTools, path: Path) -> Probe:
    """The same for a kernel that guards the file itself."""
    facts: dict[str, Any] = tools.ask_of_video("probe", path, LIMITS)
    subtitles = tuple(SubtitleTrack(**track) for track in facts.pop("subtitles"))
    chapters = tuple(Chapter(**chapter) for chapter in facts.pop("chapters"))
    return Probe(**facts, subtitles=subtitles, chapters=chapters)
