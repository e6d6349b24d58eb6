"""The sound of an audio file: what it is, and its samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition
from numpy.typing import NDArray

from tasks.media import formats
from tasks.media.child.container import RefusalError

Samples = NDArray[np.int16]

#: How far into a file its first sound may be.
FIRST_SOUND_PACKETS = 1000
#: Samples of each channel that are worked on at once: few enough to stay in the processor's cache.
BLOCK = 1 << 15
#: Pictures that are kept of one file, and bytes of the largest one.
PICTURES, LARGEST_PICTURE = 8, 32 << 20


class Sound:
    """An open file with sound in it: its best stream, and the first samples of that, which say what it really is.

    Raises `RefusalError` for a file without sound or without one sample of it that can be decoded: whatever else is to
    be made of such a file, it is broken.
    """

    def __init__(self, container: InputContainer) -> None:
        self.container = container
        self.stream = _audio(container)
        self.stream.codec_context.thread_count = 1
        #: Bytes of all covers in the file, and where in it the first packet of the sound is.
        self.picture_bytes = 0
        self.begins_at = 0
        self._covers = [other for other in container.streams if Disposition.attached_pic in other.disposition]
        self._pictures: dict[int, bytes] = {}
        for other in container.streams:
            if other is not self.stream and other not in self._covers:
                other.discard = Discard.all
        self._rest = self._frames()
        first = next(self._rest, None)
        if first is None:
            raise RefusalError("No sound of this file can be decoded")
        self.first = first

    @property
    def pictures(self) -> list[bytes]:
        """The covers, as they are in the file, the front one first; those that are too large are left out."""
        front = [cover.index for cover in self._covers if "front" in cover.metadata.get("comment", "").lower()]
        return [
            self._pictures[index] for index in sorted(self._pictures, key=lambda index: (index not in front, index))
        ]

    def mixed(self) -> Iterator[Samples]:
        """The sound in blocks of 16-bit samples, its channels mixed to one. It can be had once.

        Their sum is divided by their number and truncated toward zero, as audiowaveform and chromaprint do it.
        """
        for frame in self._joined():
            yield _mixed(frame.to_ndarray().reshape(-1, frame.layout.nb_channels))

    def _frames(self) -> Iterator[AudioFrame]:
        """The decoded sound; what cannot be decoded is left out. The covers come before all of it."""
        heard = False
        for number, packet in enumerate(self._packets()):
            if packet.stream is not self.stream:
                self._keep(packet)
                continue
            for frame in self._decoded(packet):
                if not heard:
                    heard, self.begins_at = True, packet.pos or 0
                yield frame
            if not heard and number >= FIRST_SOUND_PACKETS:
                return

    def _packets(self) -> Iterator[Any]:
        """Up to the end of the file, or to where it is cut off."""
        try:
            yield from self.container.demux(self.stream, *self._covers)
        except (av.error.InvalidDataError, av.error.EOFError):
            return

    def _keep(self, packet: Any) -> None:
        self.picture_bytes += packet.size
        if len(self._pictures) < PICTURES and 0 < packet.size <= LARGEST_PICTURE:
            self._pictures.setdefault(packet.stream.index, bytes(packet))

    def _decoded(self, packet: Any) -> list[AudioFrame]:
        """The sound of one packet (of the last, empty one: what the decoder still holds); a damaged one has none."""
        try:
            return [frame for frame in self.stream.codec_context.decode(packet) if frame.samples]
        except (av.error.InvalidDataError, av.error.EOFError):
            return []

    def _joined(self) -> Iterator[AudioFrame]:
        """The sound in larger frames of 16-bit samples, at the rate of the first one, whatever changes midway."""
        queue = _Queue(self.first.sample_rate)
        for frame in chain([self.first], self._rest):
            try:
                queue.add(frame)
            except ValueError:  # it is of another kind than those before it
                yield from queue.end()
                queue = _Queue(self.first.sample_rate)
                queue.add(frame)
            if queue.samples >= BLOCK:
                yield from queue.take()
        yield from queue.end()


class _Queue:
    """Frames of one kind, which come out joined, as 16-bit samples at `rate`, the channels interleaved.

    (PyAV reads beyond the memory of frames whose more than eight channels are not.)
    """

    def __init__(self, rate: int) -> None:
        self._fifo = AudioFifo()
        self._resampler = AudioResampler("s16", rate=rate)

    @property
    def samples(self) -> int:
        """How many there are of each channel."""
        return self._fifo.samples

    def add(self, frame: AudioFrame) -> None:
        """Add a frame. Raises `ValueError` for one of another kind than those before it."""
        frame.pts = None  # the queue insists on unbroken ones
        self._fifo.write(frame)

    def take(self) -> Iterator[AudioFrame]:
        """What there is."""
        if self.samples and (frame := self._fifo.read()):
            yield from self._resampler.resample(frame)

    def end(self) -> Iterator[AudioFrame]:
        """The last ones."""
        yield from self.take()
        yield from self._resampler.resample(None)


@contextmanager
def opened(url: str) -> Iterator[Sound]:
    """Open an audio file. Raises PyAV's errors for what is no container, and as `Sound` does."""
    with av.open(url, "r", options=dict(formats.AUDIO_OPTIONS), metadata_errors="replace") as container:
        yield Sound(container)


def _audio(container: InputContainer) -> AudioStream:
    stream = container.streams.best("audio")
    if not isinstance(stream, AudioStream):
        others = sorted({other.type for other in container.streams if other.type})
        raise RefusalError(f"There is no sound in this file, only {', '.join(others) or 'nothing'}")
    if stream.codec_context is None:
        raise RefusalError("There is no decoder for the sound in this file")
    return stream


def _mixed(samples: NDArray[Any]) -> Samples:
    """One channel of several, which stand side by side."""
    first: Samples
    first, *others = samples.T
    if not others:
        return first
    total: NDArray[np.int32] = first.astype(np.int32)
    for channel in others:
        total += channel
    total += (total >> 31) & len(others)  # for negative ones, so that `//`, which goes down, goes toward zero
    return (total // len(samples.T)).astype(np.int16)
