"""Which renditions a video gets, from the facts of the file alone."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.media.preview.plan import Size, shown
from tasks.media.probe import Probe

#: Frames that renditions fit into, pixels, and the most bits a second of each: the usual 16:9 ladder of H.264.
FRAMES = ((1920, 1080, 5_000_000), (1280, 720, 2_800_000), (854, 480, 1_400_000), (640, 360, 800_000))
#: A rendition that is hardly smaller than the next larger one is not worth its disk space.
STEP = 0.8
#: Pictures a second; more are not seen, but paid for in every rendition.
HIGHEST_RATE = 60.0
#: An original is kept as it is up to so many times the bits of its rung.
COPY_RATE = 2.0
#: Seconds between two keyframes of an original that is kept, at most: segments can be cut nowhere else.
LONGEST_GROUP = 10.0
#: Containers that keep every packet's time and say where H.264's pictures begin.
COPIED_FROM = frozenset({"mov", "matroska", "flv"})


@dataclass(frozen=True)
class AudioTrack:
    """An audio stream of the file, by its index there."""

    index: int
    language: str | None
    title: str | None
    is_default: bool


@dataclass(frozen=True)
class Streams:
    """What the file holds, beyond `Probe`."""

    #: As libav names it.
    pixel_format: str
    interlaced: bool
    #: The transfer characteristics of ITU-T H.273.
    transfer: int
    audio: tuple[AudioTrack, ...]
    #: The indexes of audio streams that nothing here decodes.
    undecodable: tuple[int, ...]


@dataclass(frozen=True)
class Rung:
    """One rendition: its pixels, and the most bits a second that it is encoded with."""

    size: Size
    rate: int

    @property
    def name(self) -> str:
        """As people say it: `720p`. Unlike every other's of a ladder."""
        return f"{min(self.size)}p"


def ladder(facts: Probe) -> tuple[Rung, ...]:
    """The renditions, largest first: never larger than the video, always one at least, even as the encoder wants it."""
    native = shown(facts)
    rungs: list[Rung] = []
    for long, short, rate in FRAMES:
        rung = Rung(_fit(native, long, short), rate)
        if rungs and rung.size == rungs[-1].size:
            rungs[-1] = rung
        elif not rungs or min(rung.size) <= STEP * min(rungs[-1].size):
            rungs.append(rung)
    return tuple(rungs)


def may_be_copied(facts: Probe, streams: Streams, top: Rung) -> bool:
    """Whether the original may be the largest rendition as it is, as far as its header and first picture say.

    Encoding the largest costs about as much as all the others together. Everything that players treat differently is
    encoded anew: turned pictures, pixels that are not square, interlacing, more than 8 bits, other codecs.
    """
    return (
        facts.codec == "h264"
        and streams.pixel_format == "yuv420p"
        and facts.container in COPIED_FROM
        and facts.rotation == 0
        and top.size == Size(facts.width, facts.height) == shown(facts)
        and not streams.interlaced
        and 0 < (facts.frame_rate or 0) <= HIGHEST_RATE + 0.5
        and 0 < (facts.bit_rate or 0) <= COPY_RATE * top.rate
    )


def _fit(native: Size, long: int, short: int) -> Size:
    frame = (long, short) if native.width >= native.height else (short, long)
    scale = min(1.0, frame[0] / native.width, frame[1] / native.height)
    return Size(*(max(2, min(round(side * scale / 2), side // 2) * 2) for side in native))
