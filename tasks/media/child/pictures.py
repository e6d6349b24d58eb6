"""The pictures of a preview: thumbnail, card and sprite, from one open of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from av.video.frame import VideoFrame
from PIL import Image

from tasks.media.child.container import opened
from tasks.media.child.frames import Frames

Progress = Callable[[float], None]

#: By the degrees, counter-clockwise, that a picture is to be turned.
TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Picture:
    """A JPEG to write: pixels, and its quality by Pillow's scale."""

    file: str
    width: int
    height: int
    quality: int


@dataclass(frozen=True)
class Sheet:
    """A grid of `count` cells in `columns`, one every `interval` seconds, each of `width` x `height` pixels."""

    file: str
    width: int
    height: int
    quality: int
    count: int
    columns: int
    interval: float
    duration: float


def pictures(
    url: str,
    path: str,
    progress: Progress,
    *,
    still_at: float,
    stills: list[dict[str, Any]],
    sprite: dict[str, Any] | None,
    segments: int,
    duration: float,
) -> dict[str, Any]:
    """Write the stills and the sprite; say where the segments of a clip can start, and how many cells have no picture.

    The starts are those keyframes that lie next before `segments` even steps through `duration` seconds.
    """
    with opened(url) as video:
        frames = Frames(video)
        _write_stills(frames.near(still_at), [Picture(**still) for still in stills])
        progress(0.05)
        steps = [duration * (step + 0.5) / segments for step in range(segments)]
        starts = frames.keyframes(steps, lambda done: progress(0.05 + done * 0.05))
        missing = _write_sprite(frames, Sheet(**sprite), lambda done: progress(0.1 + done * 0.9)) if sprite else 0
        return {"starts": sorted({start for start in starts if start is not None}), "missing_cells": missing}


def _write_stills(frame: VideoFrame, stills: list[Picture]) -> None:
    """One decode: the largest is scaled from the video, the others from it."""
    first, *others = sorted(stills, key=lambda still: -still.width)
    image = picture_of(frame, first.width, first.height, "LANCZOS")
    image.save(first.file, "JPEG", quality=first.quality)
    for still in others:
        image.resize((still.width, still.height), Image.Resampling.LANCZOS).save(
            still.file, "JPEG", quality=still.quality
        )


def _write_sprite(frames: Frames, sheet: Sheet, progress: Progress) -> int:
    """Draw the cells; the ones without a picture stay black, and are counted. The first picture is always there."""
    rows = -(-sheet.count // sheet.columns)
    canvas = Image.new("RGB", (sheet.columns * sheet.width, rows * sheet.height))
    missing = 0
    for cell, frame in enumerate(frames.at(_cell_times(sheet))):
        place = (cell % sheet.columns * sheet.width, cell // sheet.columns * sheet.height)
        if frame:
            canvas.paste(picture_of(frame, sheet.width, sheet.height, "BILINEAR"), place)
        missing += frame is None
        progress(0.95 * (cell + 1) / sheet.count)
    if missing == sheet.count:
        canvas.paste(picture_of(frames.first, sheet.width, sheet.height, "BILINEAR"), (0, 0))
    canvas.save(sheet.file, "JPEG", quality=sheet.quality)
    return missing


def _cell_times(sheet: Sheet) -> list[float]:
    """The middle of each cell's interval."""
    ends = [min((cell + 1) * sheet.interval, max(sheet.duration, 0.0)) for cell in range(sheet.count)]
    return [max(0.0, (cell * sheet.interval + end) / 2) for cell, end in enumerate(ends)]


def picture_of(frame: VideoFrame, width: int, height: int, interpolation: str) -> Image.Image:
    """The picture upright, `width` x `height` pixels, scaled before it is turned."""
    turned = frame.rotation % 180 != 0
    small = frame.reformat(
        width=height if turned else width,
        height=width if turned else height,
        format="rgb24",
        interpolation=interpolation,
    )
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    turn = TURNS.get(frame.rotation % 360)
    return image.transpose(turn) if turn is not None else image
