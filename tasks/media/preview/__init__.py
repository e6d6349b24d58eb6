"""Thumbnail, card, clip, sprite and trickplay file of a video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tasks.media.limits import Limits
from tasks.media.preview import plan, vtt
from tasks.media.preview.clip import ClipMaker
from tasks.media.preview.names import BESIDE, CARD, CLIP, SPRITE, THUMBNAIL, TRICKPLAY
from tasks.media.preview.plan import PreviewSettings, Size, SpritePlan
from tasks.media.probe import Probe, look
from tasks.media.source import reading
from tasks.media.staging import move_all, staged
from tasks.media.tools import MediaTools, part

__all__ = ["Preview", "PreviewSettings", "preview", "replace_in"]


@dataclass(frozen=True)
class Preview:
    """File names inside the output folder, their pixels, and what is missing of them."""

    thumbnail: str
    card: str
    clip: str
    sprite: str | None
    trickplay: str | None
    sizes: dict[str, Size]
    clip_seconds: float
    cells: int
    #: Something in the video could not be read: black cells, or a clip shorter than wanted.
    partial: bool
    warnings: tuple[str, ...] = field(default=())


def preview(
    tools: MediaTools,
    path: Path,
    out: Path,
    wanted: PreviewSettings,
    facts: Probe | None = None,
    *,
    publish: Callable[[Path], None] | None = None,
) -> Preview:
    """Make the preview of a video in the folder `out`; what is there already is replaced file by file, each whole.

    `publish` may bring the files elsewhere: it is given the folder in which they were made, which is removed after.
    Raises `PermanentError` in the tools' words when nothing
    of the video can be shown, `TransientError`, `CancelledError`. A video that breaks off gets a preview of what there
    is; `partial` and `warnings` say so.
    """
    with reading(path):
        facts = facts or look(tools, path)
        with staged(out, publish=publish or partial(replace_in, out)) as folder:
            made = _Work(tools, path, folder, wanted, facts).make()
    for warning in made.warnings:
        tools.control.log("warn", warning)
    return made


@dataclass(frozen=True)
class _Work:
    """The preview of one video, made in `folder`."""

    tools: MediaTools
    path: Path
    folder: Path
    wanted: PreviewSettings
    facts: Probe

    def make(self) -> Preview:
        native, duration, wanted = plan.shown(self.facts), self.facts.duration, self.wanted
        sprite = plan.sprite_plan(duration, native, wanted) if wanted.trickplay else None
        found = self._pictures(sprite)
        if sprite:
            (self.folder / TRICKPLAY).write_text(vtt.trickplay(sprite, duration, SPRITE), encoding="utf-8")
        pieces = plan.segments(duration, found["starts"], wanted.clip_seconds)
        maker = ClipMaker(self.tools, self.path, self.facts)
        clip = maker.make(self.folder / CLIP, pieces, part(self.tools.control.progress, 0.4, 1))
        return Preview(
            thumbnail=THUMBNAIL,
            card=CARD,
            clip=CLIP,
            sprite=SPRITE if sprite else None,
            trickplay=TRICKPLAY if sprite else None,
            sizes=_sizes(native, wanted, clip.size, sprite),
            clip_seconds=round(clip.seconds, 3),
            cells=sprite.count if sprite else 0,
            partial=clip.partial or found["missing_cells"] > 0,
            warnings=_warnings(clip.partial, found["missing_cells"], sprite),
        )

    def _pictures(self, sprite: SpritePlan | None) -> dict[str, Any]:
        """Have the media child write the stills and the sprite, and find the keyframes of the clip."""
        cells = sprite.count if sprite else 0
        found: dict[str, Any] = self.tools.ask_of_video(
            "pictures",
            self.path,
            Limits(wall=300 + 10 * cells, silence=60, cpu=120 + 3 * cells),
            part(self.tools.control.progress, 0.02, 0.4),
            still_at=plan.still_at(self.facts.duration),
            stills=_stills(self.folder, plan.shown(self.facts), self.wanted.thumbnail_quality),
            sprite=_sheet(self.folder, self.facts, self.wanted, sprite) if sprite else None,
            segments=plan.segment_count(self.wanted.clip_seconds),
            duration=self.facts.duration,
        )
        return found


def _stills(folder: Path, native: Size, quality: int) -> list[dict[str, Any]]:
    sizes = {THUMBNAIL: plan.thumbnail_size(native, quality), CARD: plan.card_size(native, quality)}
    jpeg = plan.jpeg_quality(quality)
    return [{"file": str(folder / name), **size._asdict(), "quality": jpeg} for name, size in sizes.items()]


def _sheet(folder: Path, facts: Probe, wanted: PreviewSettings, sprite: SpritePlan) -> dict[str, Any]:
    sheet = {key: value for key, value in asdict(sprite).items() if key != "tile"}
    quality = plan.sprite_quality(wanted.trickplay_quality)
    file = str(folder / SPRITE)
    return {"file": file, **sprite.tile._asdict(), "quality": quality, "duration": facts.duration, **sheet}


def _sizes(native: Size, wanted: PreviewSettings, clip: Size, sprite: SpritePlan | None) -> dict[str, Size]:
    quality = wanted.thumbnail_quality
    sizes = {THUMBNAIL: plan.thumbnail_size(native, quality), CARD: plan.card_size(native, quality), CLIP: clip}
    return {**sizes, SPRITE: sprite.sheet} if sprite else sizes


def _warnings(short: bool, missing: int, sprite: SpritePlan | None) -> tuple[str, ...]:
    cells = f"{missing} of {sprite.count} sprite cells have no picture" if sprite and missing else ""
    clip = "The clip is shorter than wanted: parts of the video cannot be read" if short else ""
    return tuple(warning for warning in (cells, clip) if warning)


def replace_in(out: Path, folder: Path) -> None:
    """Bring the files of a preview from `folder` to `out`.

    What an earlier preview had and this one has not would show another video, or other settings: it is removed.
    """
    stale = BESIDE.keys() - {file.name for file in folder.iterdir()}
    move_all(folder, out)
    for name in stale:
        (out / name).unlink(missing_ok=True)
