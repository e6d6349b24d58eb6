"""What is in an audio file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tasks.media.child import tags
from tasks.media.child.cover import write_cover
from tasks.media.child.image.opening import Size
from tasks.media.child.length import MICROSECONDS, container_of, duration_of
from tasks.media.child.sound import Sound, opened

CHAPTERS = 10_000

Progress = Callable[[float], None]


def audio_probe(
    url: str, path: str, progress: Progress, *, cover: str | None, box: Size, quality: int
) -> dict[str, Any]:
    """The facts of `tasks.media.audio.probe.AudioProbe`, as JSON; the cover is written to the file `cover`."""
    with opened(url) as sound:
        container, codec = container_of(sound), _codec(sound)
        duration = duration_of(sound, url, path, progress)
        texts, trouble = tags.read(path, container, codec, {**sound.container.metadata, **_spoken(sound)})
        unread = _write_cover(sound, cover, box, quality) if cover and sound.picture_bytes else None
        return {
            "duration": duration,
            "bit_rate": round(max(0, sound.container.size - sound.picture_bytes) * 8 / duration),
            "sample_rate": sound.first.sample_rate,
            "channels": sound.first.layout.nb_channels,
            "codec": codec,
            "container": container,
            "tags": texts,
            "chapters": _chapters(sound, duration),
            "has_cover": bool(cover and sound.picture_bytes and not unread),
            "warnings": [
                *([f"The tags cannot be read: {trouble}"] if trouble else []),
                *([f"The cover cannot be read: {unread}"] if unread else []),
            ],
        }


def _write_cover(sound: Sound, out: str, box: Size, quality: int) -> str | None:
    """Why there is no cover, though there are pictures in the file."""
    too_large = f"it is too large ({sound.picture_bytes:,} bytes)"
    return write_cover(sound.pictures, out, box, quality) if sound.pictures else too_large


def _codec(sound: Sound) -> str:
    """By libav's name for the codec, not for the decoder at hand (`mp3`, not `mp3float`)."""
    return sound.stream.codec_context.codec.canonical_name


def _spoken(sound: Sound) -> dict[str, str]:
    """The tags of the stream: all of ogg's are there; of others the language, if it is one."""
    return {name: value for name, value in sound.stream.metadata.items() if (name, value) != ("language", "und")}


def _chapters(sound: Sound, duration: float) -> list[dict[str, Any]]:
    """In their order; marks that lie outside of the file are brought back to its ends."""
    found = []
    for chapter in sound.container.chapters()[:CHAPTERS]:
        base = chapter["time_base"] or Fraction(1, MICROSECONDS)
        start, end = (min(duration, max(0.0, float(chapter[side] * base))) for side in ("start", "end"))
        title = tags.CONTROLS.sub("", chapter["metadata"].get("title", "")).strip()[: tags.LONGEST]
        found.append({"start": start, "end": max(start, end), "title": title or None})
    return sorted(found, key=lambda chapter: chapter["start"])
