"""Opening somebody's file, alike for every kernel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tasks.media import formats

#: How far into a file its first picture may be.
FIRST_FRAME_PACKETS = 1000


class RefusalError(Exception):
    """The file opens, but there is nothing in it to work with."""


@dataclass
class Video:
    """An open file, the stream of it that is the video, and the first picture of that."""

    container: InputContainer
    stream: VideoStream
    first: VideoFrame


@contextmanager
def opened(url: str) -> Iterator[Video]:
    """Open a video file.

    Raises PyAV's errors for what is no container, and `RefusalError` for a file without video or without one picture
    of it that can be decoded: whatever else is to be made of such a file, it is broken.
    """
    with av.open(url, "r", options=dict(formats.OPEN_OPTIONS), metadata_errors="replace") as container:
        stream = _video(container)
        stream.codec_context.thread_count = 1
        yield Video(container, stream, _first_frame(container, stream))


def _video(container: InputContainer) -> VideoStream:
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or Disposition.attached_pic in stream.disposition:
        others = sorted({other.type for other in container.streams if other is not stream and other.type})
        raise RefusalError(f"There is no video in this file, only {', '.join(others) or 'nothing'}")
    if stream.codec_context is None:
        raise RefusalError("There is no decoder for the video in this file")
    return stream


def _first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    for number, packet in enumerate(container.demux(stream)):
        frame = still(stream, packet) if packet.is_keyframe else next(iter(decoded(stream, packet)), None)
        if frame:
            stream.codec_context.flush_buffers()
            return frame
        if number >= FIRST_FRAME_PACKETS:
            break
    raise RefusalError("No picture of the video can be decoded")


def still(stream: VideoStream, packet: av.Packet[VideoStream]) -> VideoFrame | None:
    """The picture of one keyframe. The decoder is flushed: else it waits for B-frames and asks for more packets."""
    frames = decoded(stream, packet) or decoded(stream, None)
    stream.codec_context.flush_buffers()
    return frames[0] if frames else None


def decoded(stream: VideoStream, packet: av.Packet[VideoStream] | None) -> list[VideoFrame]:
    """The pictures of one packet (none: of what the decoder still holds); a damaged one has none."""
    try:
        return [frame for frame in stream.codec_context.decode(packet) if isinstance(frame, VideoFrame)]
    except (av.error.InvalidDataError, av.error.EOFError):
        return []
