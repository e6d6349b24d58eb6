"""Videos among the pictures of a gallery: the still that stands for one, and its first seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av
from PIL import Image

from tasks.media.child.container import Video, decoded, opened
from tasks.media.child.facts import probe
from tasks.media.child.frames import MICROSECONDS, Frames
from tasks.media.child.image.clip import SECONDS, Moment
from tasks.media.child.image.opening import Size, fitted
from tasks.media.child.pictures import picture_of

#: Where in a video its still is taken: past the opening, but soon enough to be in the clip of a short one.
STILL_POSITION = 0.18
#: How long a picture is shown whose end nothing says (seconds).
LAST = 1 / 25


@dataclass(frozen=True)
class Film:
    """What a video is: pixels with square pixels, upright; and libav's name of its container."""

    size: Size
    format: str
    still: Image.Image


def look(url: str, path: str, box: Size, progress: Callable[[float], None]) -> Film:
    """Find out what a video is, and one picture of it that fits into `box`. Raises as `opened` does."""
    facts: dict[str, Any] = probe(url, path, progress)
    size = (max(1, round(facts["width"] * facts["sample_aspect"])), facts["height"])
    with opened(url) as video:
        frame = Frames(video).near(facts["duration"] * STILL_POSITION)
        return Film(size, facts["container"], picture_of(frame, *fitted(size, box), "LANCZOS"))


def moments(url: str, size: Size) -> Iterator[Moment]:
    """The pictures of a video's first seconds, scaled to `size`."""
    with opened(url) as video:
        start, picture = 0.0, None
        for at, frame in _frames(video):
            if picture and at > start:
                yield Moment(start, at - start, picture)
            if at >= SECONDS:
                return
            start, picture = max(start, at), picture_of(frame, *size, "BILINEAR")
        if picture:
            yield Moment(start, LAST, picture)


def _frames(video: Video) -> Iterator[tuple[float, Any]]:
    """All pictures from the beginning, with their times in seconds; what is damaged is left out."""
    zero = (video.container.start_time or 0) / MICROSECONDS
    video.container.seek(video.container.start_time or 0)
    try:
        for packet in video.container.demux(video.stream):
            for frame in decoded(video.stream, packet):
                if frame.time is not None:
                    yield max(0.0, frame.time - zero), frame
    except (av.error.FFmpegError, OSError):
        return
