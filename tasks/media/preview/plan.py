"""What a preview is to look like: sizes, times and counts, from the facts of the video and the settings alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tasks.media.probe import Probe

SMALLEST_QUALITY = 31
STILL_POSITION = 0.18
CARD = (640, 360)
SMALL_STILL, SMALL_CARD = (320, 180), (160, 90)
LARGEST_TILE, SMALLEST_TILE = (320, 180), (48, 27)
#: The sheet must be decoded whole by whoever shows it.
SHEET_PIXELS = 24_000_000
COLUMNS = 5
SHORTEST_INTERVAL = 3
CLIP_WIDTH = 960
CLIP_RATE = 30.0
SEGMENTS = 12
SEGMENT_SECONDS = 0.75
SHORTEST_SEGMENT = 0.25
#: A video that is hardly longer than its clip is shown whole.
WHOLE_CLIP_SLACK = 1.0


@dataclass(frozen=True)
class PreviewSettings:
    """What the library's settings say. Both qualities go from 1 (native size) to 31 (smallest)."""

    clip_seconds: float = 8
    trickplay: bool = True
    #: Seconds between two cells of the sprite.
    trickplay_interval: float = 10
    thumbnail_quality: int = 2
    trickplay_quality: int = 2


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


class Segment(NamedTuple):
    """A piece of the video, seconds."""

    start: float
    length: float


@dataclass(frozen=True)
class SpritePlan:
    """A grid of `count` tiles, one every `interval` seconds."""

    interval: float
    count: int
    columns: int
    tile: Size

    @property
    def sheet(self) -> Size:
        """The size of the whole."""
        return Size(self.columns * self.tile.width, math.ceil(self.count / self.columns) * self.tile.height)


def shown(facts: Probe) -> Size:
    """The size of the picture with square pixels."""
    return Size(max(1, round(facts.width * facts.sample_aspect)), facts.height)


def still_at(duration: float) -> float:
    """The moment of thumbnail and card: past the opening, never past the end."""
    return max(0.0, min(max(duration * STILL_POSITION, 1.0), duration - 0.5))


def thumbnail_size(native: Size, quality: int) -> Size:
    """From native size at quality 1 down to what fits into 320 x 180 at 31."""
    return _scaled(native, _between(1.0, _fit(native, SMALL_STILL), quality))


def card_size(native: Size, quality: int) -> Size:
    """From what fits into 640 x 360 at quality 1 down to 160 x 90 at 31."""
    return _scaled(native, _between(_fit(native, CARD), _fit(native, SMALL_CARD), quality))


def jpeg_quality(quality: int) -> int:
    """Pillow's scale for a quality of 1 to 31."""
    return round(_between(92, 60, quality))


def sprite_quality(quality: int) -> int:
    """The same for the sprite, whose tiles are looked at for a moment only."""
    return round(_between(75, 45, quality))


def sprite_plan(duration: float, native: Size, wanted: PreviewSettings) -> SpritePlan:
    """Tiles at most 320 x 180; a sheet over 24 megapixels gets smaller tiles, then longer intervals."""
    interval = max(float(SHORTEST_INTERVAL), wanted.trickplay_interval)
    count = max(1, math.ceil(duration / interval))
    start = _fit(native, LARGEST_TILE)
    scale = _between(start, min(start, _fit(native, SMALL_CARD)), wanted.trickplay_quality)
    least = _fit(native, SMALLEST_TILE)
    within = math.sqrt(SHEET_PIXELS / (count * native.width * native.height))
    tile = _scaled(native, max(min(scale, within), min(scale, least)), math.floor)
    most = SHEET_PIXELS // (tile.width * tile.height)
    if count > most:
        interval, count = duration / most, most
    return SpritePlan(interval, count, _columns(count, tile), tile)


def clip_size(native: Size) -> Size:
    """At most 960 pixels wide, and even, as the encoder wants it."""
    scale = min(1.0, CLIP_WIDTH / native.width, CLIP_WIDTH * 2 / native.height)
    return Size(*(max(2, round(side * scale / 2) * 2) for side in native))


def clip_rate(frame_rate: float | None) -> float:
    """Pictures a second of the clip: the video's own, at most 30."""
    return min(CLIP_RATE, frame_rate) if frame_rate and frame_rate > 0 else 25.0


def segment_count(seconds: float) -> int:
    """How many pieces a clip of so many seconds is made of."""
    return max(1, min(SEGMENTS, round(seconds / SEGMENT_SECONDS)))


def segments(duration: float, starts: Sequence[float], seconds: float) -> list[Segment]:
    """The pieces of a clip of `seconds`, each from one of `starts` (keyframes, rising); the whole of a short video."""
    if duration <= seconds + WHOLE_CLIP_SLACK or not starts:
        return [Segment(0.0, min(duration, seconds + WHOLE_CLIP_SLACK) if duration > 0 else seconds)]
    ends = [*starts[1:], max(duration, starts[-1] + seconds / len(starts))]
    length = seconds / len(starts)
    pieces = [Segment(start, min(length, end - start)) for start, end in zip(starts, ends, strict=True)]
    return [piece for piece in pieces if piece.length >= SHORTEST_SEGMENT]


def _columns(count: int, tile: Size) -> int:
    """Five, more where the sheet would be higher than wide, fewer where there are fewer tiles."""
    square = math.ceil(math.sqrt(count * tile.height / tile.width))
    return min(count, max(COLUMNS, square))


def _fit(native: Size, box: tuple[int, int]) -> float:
    """The scale by which a picture fits into a box; never enlarges it."""
    return min(1.0, box[0] / native.width, box[1] / native.height)


def _between(best: float, smallest: float, quality: int) -> float:
    return best + (smallest - best) * (quality - 1) / (SMALLEST_QUALITY - 1)


def _scaled(native: Size, scale: float, whole: Callable[[float], int] = round) -> Size:
    return Size(*(max(2, whole(side * scale + 1e-6)) for side in native))
