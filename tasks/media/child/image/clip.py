"""The short silent clip of a picture that moves: its first seconds, small, as H.264."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NamedTuple

import av
from av.video.frame import VideoFrame
from PIL import Image

from tasks.media.child.image.opening import Size, fitted

SECONDS = 8.0
BOX = (320, 640)
#: Pictures a second at most; of faster ones, some are left out.
RATE = 30
TICKS = 1000
OPTIONS = {"preset": "veryfast", "crf": "28", "threads": "1"}


class Moment(NamedTuple):
    """A picture of the clip: when it appears, and for how long it is shown, seconds."""

    start: float
    length: float
    picture: Image.Image


def clip_size(size: Size) -> Size:
    """At most 320 pixels wide, and even, as the encoder wants it."""
    width, height = fitted(size, BOX)
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def encode(file: str, size: Size, moments: Iterable[Moment], progress: Callable[[float], None]) -> float:
    """Write the clip and return its seconds; 0 when there were no pictures, and then there is no file that plays."""
    end = 0.0
    with av.open(file, "w", format="mp4", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=RATE, options=dict(OPTIONS))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        for moment in _held(_spaced(moments)):
            output.mux(stream.encode(_frame(moment)))
            end = moment.start + moment.length
            progress(end / SECONDS)
        output.mux(stream.encode(None))
    return end


def _spaced(moments: Iterable[Moment]) -> Iterable[Moment]:
    """The pictures of the clip's seconds that are far enough apart."""
    due = 0.0
    for moment in moments:
        if moment.start >= SECONDS:
            return
        if moment.start >= due - 0.5 / RATE:
            due = max(due, moment.start) + 1 / RATE
            yield moment


def _held(moments: Iterable[Moment]) -> Iterable[Moment]:
    """The same, and the last one again for its last instant: how long a clip's last picture is shown, no one says."""
    moment = None
    for moment in moments:
        yield moment
    if moment:
        end = min(SECONDS, moment.start + moment.length)
        yield Moment(max(moment.start + 1 / TICKS, end - 1 / RATE), 1 / RATE, moment.picture)


def _frame(moment: Moment) -> VideoFrame:
    frame: VideoFrame = VideoFrame.from_image(moment.picture)  # type: ignore[no-untyped-call]
    frame.pts = round(moment.start * TICKS)
    frame.time_base = Fraction(1, TICKS)
    return frame
