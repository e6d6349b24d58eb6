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
BLOCK = 1 << 16
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
            samples = frame.to_ndarray()
            if not frame.format.is_planar:
                samples = samples.reshape(-1, frame.layout.nb_channels).T
            yield _mixed([_sixteen_bits(channel) for channel in samples])

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
        """The frames joined to larger ones, at the rate of the first one, whatever changes midway."""
        shape, fifo, resampler = None, AudioFifo(), None
        for frame in chain([self.first], self._rest):
            if shape != (shape := (frame.format.name, frame.layout.name, frame.sample_rate)):
                yield from _all(fifo, resampler)
                fifo, resampler = AudioFifo(), None
                if frame.sample_rate != self.first.sample_rate:
                    resampler = AudioResampler(frame.format, frame.layout, self.first.sample_rate)
            _fill(fifo, resampler.resample(frame) if resampler else [frame])
            if fifo.samples >= BLOCK:
                yield from _all(fifo, None)
        yield from _all(fifo, resampler)


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


def _fill(fifo: AudioFifo, frames: list[AudioFrame]) -> None:
    for frame in frames:
        frame.pts = None  # the queue insists on unbroken ones
        fifo.write(frame)


def _all(fifo: AudioFifo, resampler: AudioResampler | None) -> Iterator[AudioFrame]:
    """What the queue holds and, when it ends, the resampler."""
    _fill(fifo, resampler.resample(None) if resampler else [])
    if fifo.samples and (frame := fifo.read()):
        yield frame


def _mixed(channels: list[Samples]) -> Samples:
    if len(channels) == 1:
        return channels[0]
    total = channels[0].astype(np.int32)
    for channel in channels[1:]:
        total += channel
    total += (total < 0) * np.int32(len(channels) - 1)  # so that `//`, which goes down, goes toward zero
    mixed: Samples = (total // len(channels)).astype(np.int16)
    return mixed


def _sixteen_bits(samples: NDArray[Any]) -> Samples:
    """Samples of any kind as libswresample makes 16-bit ones of them."""
    if samples.dtype.kind == "f":
        scaled = np.rint(samples * samples.dtype.type(32768))
        return np.fmin(np.fmax(scaled, -32768), 32767).astype(np.int16)
    if samples.dtype == np.uint8:
        return (samples.astype(np.int16) - 128) << 8
    return (samples >> (8 * samples.dtype.itemsize - 16)).astype(np.int16)
