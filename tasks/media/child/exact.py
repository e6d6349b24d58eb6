"""The very pictures that `ffmpeg -ss TIME -i FILE -frames:v 1` shows, many from one open file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Literal

import numpy as np
from av.filter import Graph
from av.format import Flags
from av.stream import Discard
from av.video.frame import PictureType, VideoFrame
from PIL import Image

from tasks.media.child.container import RefusalError, Video, decoded, opened

MICROSECONDS = 1_000_000
#: ffmpeg seeks so much too early (microseconds) in containers that seek by decoding time, if there are B-frames.
EARLY = 3 * MICROSECONDS // 23
#: Packets between two reports of progress.
SIGN_OF_LIFE = 100

Progress = Callable[[float], None]
#: Which pictures are not decoded on the way to the wanted ones: libav's `skip_frame`.
Skip = Literal["DEFAULT", "NONREF"]


def exact_frames(
    url: str, path: str, progress: Progress, *, wanted: Mapping[str, int], scale: str, skip: Skip
) -> list[str]:
    """Write the pictures at these times as BMP files; the names of those that the video has.

    `wanted` maps files to microseconds from the beginning, rising; `scale` is ffmpeg's filter of that name.
    """
    written: list[str] = []
    with opened(url) as video:
        seeker = _Seeker(video, skip, lambda: progress(len(written) / len(wanted)))
        for file, at in wanted.items():
            frame = seeker.first_from(at)
            if frame is None:
                break
            _bitmap(frame, scale).save(file, "BMP")
            written.append(file)
            progress(len(written) / len(wanted))
    return written


class _Seeker:
    """Finds pictures of one video at rising times.

    It seeks only where the index says that this gets ahead: several times after one keyframe are one way, decoded once.
    """

    def __init__(self, video: Video, skip: Skip, sign_of_life: Callable[[], None]) -> None:
        self._container, self._stream, self._skip = video.container, video.stream, skip
        self._sign_of_life = sign_of_life
        self._start = video.container.start_time or 0
        self._frames: Iterator[VideoFrame] = iter(())
        self._last: VideoFrame | None = None
        self._target = 0
        self._dts: int | None = None
        for other in video.container.streams:
            if other is not video.stream:
                other.discard = Discard.all

    def first_from(self, at: int) -> VideoFrame | None:
        """The first picture at or after `at`, microseconds from the beginning; none: the video ends before."""
        self._target = self._ticks(self._start + at)
        if not self._reached(self._last):
            if self._gains(at):
                self._seek(at)
            self._last = next(filter(self._reached, self._frames), None)
        return self._last

    def _reached(self, frame: VideoFrame | None) -> bool:
        return frame is not None and frame.pts is not None and frame.pts >= self._target

    def _ticks(self, microseconds: int) -> int:
        """In the stream's time base, to the nearest."""
        assert self._stream.time_base is not None
        return int(Fraction(microseconds, MICROSECONDS) / self._stream.time_base + Fraction(1, 2))

    def _gains(self, at: int) -> bool:
        """Whether the keyframe of `at` is still ahead, as far as is known."""
        entries = self._stream.index_entries
        number = entries.search_timestamp(self._ticks(self._aim(at)))
        return self._dts is None or number < 0 or entries[number].timestamp > self._dts

    def _aim(self, at: int) -> int:
        by_pts = Flags.seek_to_pts in Flags(self._container.format.flags)
        early = 0 if by_pts or not self._stream.codec_context.has_b_frames else EARLY
        return self._start + at - early

    def _seek(self, at: int) -> None:
        self._container.seek(self._aim(at))
        self._frames = self._onwards()

    def _onwards(self) -> Iterator[VideoFrame]:
        """The pictures from here on, but for those before the target that no other refers to.

        Raises `RefusalError` where the keyframe is no whole picture (x264's intra refresh): what comes out after a seek
        then depends on what the decoder has seen before.
        """
        unproven = True
        for number, packet in enumerate(self._container.demux(self._stream)):
            early = packet.pts is not None and packet.pts < self._target
            self._stream.codec_context.skip_frame = self._skip if early else "DEFAULT"
            frames = decoded(self._stream, packet)
            self._dts = self._dts if packet.dts is None else packet.dts
            unproven = unproven and not packet.is_discard  # the picture of a keyframe that an edit list hides
            if unproven and frames and frames[0].pict_type != PictureType.I:
                raise RefusalError("Its keyframes are no whole pictures")
            unproven = unproven and not frames
            if number % SIGN_OF_LIFE == 0:
                self._sign_of_life()
            yield from frames


def _bitmap(frame: VideoFrame, scale: str) -> Image.Image:
    """The picture as ffmpeg's BMP encoder would get it."""
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("scale", scale), graph.add("format", "bgr24|gray"), graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    small = graph.pull()
    assert isinstance(small, VideoFrame)
    pixels = small.to_ndarray()
    return Image.fromarray(pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1]))
