"""What is in an audio file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from tasks.media import formats
from tasks.media.child import tags
from tasks.media.child.cover import write_cover
from tasks.media.child.image.opening import Size
from tasks.media.child.sound import Sound, opened

MICROSECONDS = 1_000_000
#: Packets between two reports of progress.
SIGN_OF_LIFE = 1000
#: Fewer bits a second than any sound has, silence in a lossless codec included.
IMPLAUSIBLE_BIT_RATE = 1000
#: A file that has so much less than its bit rate says was cut off, or its header lies: by these containers, whose bit
#: rate is that of the sound; that of the others is what the encoder was told.
SHORT = 0.8
EXACT = frozenset({"mp3", "mov", "wav", "w64", "aiff"})
#: Their header says nothing of the length: libav goes by the bit rate of the beginning.
GUESSED = frozenset({"aac"})
#: What stands before the sound of an MP3 file that says how long it is.
COUNTED = (b"Xing", b"Info", b"VBRI")
#: Bytes before the first frame in which that is.
INFO_FRAME = 4096
CHAPTERS = 10_000

Progress = Callable[[float], None]


def audio_probe(
    url: str, path: str, progress: Progress, *, cover: str | None, box: Size, quality: int
) -> dict[str, Any]:
    """The facts of `tasks.media.audio.probe.AudioProbe`, as JSON; the cover is written to the file `cover`."""
    with opened(url) as sound:
        container, codec = _name(sound), _codec(sound)
        duration = _duration(sound, url, path, progress)
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


def _name(sound: Sound) -> str:
    """The first of libav's names for the container."""
    return sound.container.format.name.split(",")[0]


def _codec(sound: Sound) -> str:
    """By libav's name for the codec, not for the decoder at hand (`mp3`, not `mp3float`)."""
    return sound.stream.codec_context.codec.canonical_name


def _spoken(sound: Sound) -> dict[str, str]:
    """The tags of the stream: all of ogg's are there; of others the language, if it is one."""
    return {name: value for name, value in sound.stream.metadata.items() if (name, value) != ("language", "und")}


def _duration(sound: Sound, url: str, path: str, progress: Progress) -> float:
    """Seconds, as the header has it, or measured where that is a guess or cannot be true."""
    stated = (sound.container.duration or 0) / MICROSECONDS
    if stated > 0 and not _guessed(sound, path) and _plausible(sound, stated):
        return stated
    first = sound.first.samples / sound.first.sample_rate
    return max(_measured(url, sound.stream.index, progress), first)


def _plausible(sound: Sound, duration: float) -> bool:
    bit_rate = (sound.container.size - sound.picture_bytes) * 8 / duration
    stated = (sound.stream.bit_rate or 0) if _name(sound) in EXACT else 0
    return bit_rate >= max(IMPLAUSIBLE_BIT_RATE, SHORT * stated)


def _guessed(sound: Sound, path: str) -> bool:
    """Whether nothing in the file says how long it is."""
    if _name(sound) != "mp3":
        return _name(sound) in GUESSED
    with Path(path).open("rb") as file:
        file.seek(max(0, sound.begins_at - INFO_FRAME))
        before = file.read(min(INFO_FRAME, sound.begins_at))
    return not any(word in before for word in COUNTED)


def _measured(url: str, index: int, progress: Progress) -> float:
    """The length of all packets of the sound, by reading them without decoding any."""
    length = Fraction(0)
    with av.open(url, "r", options=dict(formats.AUDIO_OPTIONS), metadata_errors="replace") as container:
        try:
            for number, packet in enumerate(container.demux(container.streams[index])):
                if packet.time_base is not None:
                    length += (packet.duration or 0) * packet.time_base
                if number % SIGN_OF_LIFE == 0:
                    progress(min(1.0, (packet.pos or 0) / max(1, container.size)))
        except (av.error.InvalidDataError, av.error.EOFError):
            pass
    return float(length)


def _chapters(sound: Sound, duration: float) -> list[dict[str, Any]]:
    """In their order; marks that lie outside of the file are brought back to its ends."""
    found = []
    for chapter in sound.container.chapters()[:CHAPTERS]:
        base = chapter["time_base"] or Fraction(1, MICROSECONDS)
        start, end = (min(duration, max(0.0, float(chapter[side] * base))) for side in ("start", "end"))
        title = tags.CONTROLS.sub("", chapter["metadata"].get("title", "")).strip()[: tags.LONGEST]
        found.append({"start": start, "end": max(start, end), "title": title or None})
    return sorted(found, key=lambda chapter: chapter["start"])
