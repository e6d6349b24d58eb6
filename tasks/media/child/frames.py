"""Pictures at given times, by seeking to keyframes in one open file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

import av
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tasks.media.child.container import Video, decoded, still

#: So many pictures may be decoded on the way from keyframes to wanted times, for one request. After that, cells that
#: share a keyframe show the same picture: a film whose only keyframe is its first would otherwise be decoded whole.
DETOUR = 1000
MICROSECONDS = 1_000_000

#: Seconds.
STEPS_BACK = (0, 3, 15, 60)

if TYPE_CHECKING:
    Packet = av.Packet[VideoStream]


class Frames:
    """The pictures of an open video. Times are seconds from the beginning of the file."""

    def __init__(self, video: Video) -> None:
        self._container, self._stream, self.first = video.container, video.stream, video.first
        assert video.stream.time_base is not None
        self._base = video.stream.time_base
        self._zero = float((video.container.start_time or 0) / MICROSECONDS)
        self._slack = float(self._base) / 2
        self._detour = DETOUR
        for other in video.container.streams:
            if other is not video.stream:
                other.discard = Discard.all

    def keyframes(self, times: Sequence[float], progress: Callable[[float], None]) -> list[float | None]:
        """For each time, that of the last keyframe up to it (else of the first one); none where nothing is readable."""
        found: list[float | None] = []
        for at in times:
            packet = self._keyframe(at)
            found.append(None if packet is None else self._seconds(packet))
            progress(len(found) / len(times))
        return found

    def at(self, times: Sequence[float]) -> Iterator[VideoFrame | None]:
        """One picture for each of the rising `times`: a keyframe, or, where several times share one, what follows it.

        Nothing where the file has no picture, such as after the point where it was cut off.
        """
        if not self._seekable():
            yield from self._by_reading(times)
            return
        located = ((self._keyframe(at), at) for at in times)
        for _, members in groupby(located, key=lambda pair: pair[0] and pair[0].pts):
            (packet, _), *others = members
            frame = self._decode(packet)
            yield frame
            yield from self._later(packet, frame, [at for _, at in others])

    def near(self, at: float) -> VideoFrame:
        """One picture to stand for the whole: the keyframe before `at`, unless that is only the beginning."""
        packet = self._keyframe(at) if self._seekable() else None
        if packet is None:
            return self.first
        frame = self._decode(packet) or self.first
        later = self._later(packet, frame, [at]) if self._seconds(packet) < 0.5 < at else iter(())
        return next(later, None) or frame

    def _seekable(self) -> bool:
        try:
            self._jump(0)
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def _jump(self, at: float) -> None:
        """Go to the keyframe before `at`, or, where there is none, to the one after."""
        target = int((at + self._zero) / self._base)
        try:
            self._container.seek(target, stream=self._stream)
        except (av.error.FFmpegError, OSError):
            self._container.seek(target, stream=self._stream, backward=False)

    def _keyframe(self, at: float) -> Packet | None:
        """The last keyframe's packet up to `at`, else the first one of all.

        Containers without an index (MPEG) may land behind it, so the search begins earlier and earlier.
        """
        after = None
        for back in STEPS_BACK:
            before, after = self._search(at - back, at)
            if before is not None or back > at:
                return before or after
        return after

    def _search(self, start: float, at: float) -> tuple[Packet | None, Packet | None]:
        """From `start` on, the last keyframe up to `at`, and if there is none the next one after it."""
        before = None
        try:
            self._jump(start)
            for packet in self._packets():
                seconds = self._seconds(packet)
                if packet.is_keyframe and seconds > at + self._slack:
                    return before, packet
                if packet.is_keyframe:
                    before = packet
                if before is not None and (start == at or seconds > at):
                    return before, None
        except (av.error.FFmpegError, OSError):
            return before, None
        return before, None

    def _packets(self) -> Iterator[Packet]:
        return (packet for packet in self._container.demux(self._stream) if packet.pts is not None)

    def _seconds(self, packet: Packet) -> float:
        assert packet.pts is not None
        return float(packet.pts * self._base) - self._zero

    def _later(
        self, keyframe: Packet | None, frame: VideoFrame | None, times: Sequence[float]
    ) -> Iterator[VideoFrame | None]:
        """The pictures at further times after the same keyframe, whose own picture is `frame`."""
        onwards = self._onwards(self._seconds(keyframe)) if keyframe and times else iter(())
        for at in times:
            picture = next((later for seconds, later in onwards if seconds >= at), None)
            if picture or self._detour:  # else the way was too long, and the same picture has to do
                frame = picture
            yield frame

    def _decode(self, packet: Packet | None) -> VideoFrame | None:
        self._stream.codec_context.skip_frame = "NONKEY"
        return still(self._stream, packet) if packet else None

    def _onwards(self, keyframe: float) -> Iterator[tuple[float, VideoFrame]]:
        """The pictures from a keyframe on that others refer to; the ones between cost time and show nothing new."""
        self._jump(keyframe + self._slack)
        self._stream.codec_context.skip_frame = "NONREF"
        with suppress(av.error.FFmpegError, OSError):
            for packet in self._packets():
                for frame in decoded(self._stream, packet):
                    self._detour = max(0, self._detour - 1)
                    if not self._detour:
                        return
                    yield self._seconds(packet), frame

    def _by_reading(self, times: Sequence[float]) -> Iterator[VideoFrame | None]:
        """The same in one pass, keyframes only, for containers that cannot seek."""
        keyframe, left = None, list(times)
        for packet in self._packets():
            while left and keyframe is not None and left[0] < self._seconds(packet):
                left.pop(0)
                yield self._decode(keyframe)
            if packet.is_keyframe:
                keyframe = packet
        last = self._decode(keyframe)
        yield from (last for _ in left)
