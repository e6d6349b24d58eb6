"""The WebVTT file that says which part of the sprite shows which moment."""

from __future__ import annotations

import re

from tasks.media.preview.plan import SpritePlan

_SPRITE = re.compile(r"^[^\n]*(?=#xywh=)", re.MULTILINE)


def trickplay(plan: SpritePlan, duration: float, url: str) -> str:
    """One cue per tile: its interval, and `url` with the tile's place (https://www.w3.org/TR/media-frags/#naming-space)."""
    cues = [_cue(plan, cell, duration, url) for cell in range(plan.count)]
    return "\n".join(["WEBVTT", "", *cues])


def naming(trickplay: str, url: str) -> str:
    """The same file, with another name of the sprite."""
    return _SPRITE.sub(lambda _: url, trickplay)


def timestamp(seconds: float) -> str:
    """WebVTT's `HH:MM:SS.mmm`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _cue(plan: SpritePlan, cell: int, duration: float, url: str) -> str:
    start = cell * plan.interval
    end = max(min(start + plan.interval, duration), start + 0.001)
    row, column = divmod(cell, plan.columns)
    place = f"{column * plan.tile.width},{row * plan.tile.height},{plan.tile.width},{plan.tile.height}"
    return f"{timestamp(start)} --> {timestamp(end)}\n{url}#xywh={place}\n"
