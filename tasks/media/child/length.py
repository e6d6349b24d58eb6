"""How long a sound is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av

from tasks.media import formats
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

Progress = Callable[[float], None]


def length(url: str, path: str, progress: Progress) -> float:
    """Seconds of an audio file."""
    with opened(url) as sound:
        return duration_of(sound, url, path, progress)


def container_of(sound: Sound) -> str:
    """The first of libav's names for the container."""
    return sound.container.format.name.split(",")[0]


def duration_of(sound: Sound, url: str, path: str, progress: Progress) -> float:
    """Seconds, as the header has it, or measured where that is a guess or cannot be true."""
    stated = (sound.container.duration or 0) / MICROSECONDS
    if stated > 0 and not _guessed(sound, path) and _plausible(sound, stated):
        return stated
    first = sound.first.samples / sound.first.sample_rate
    return max(measured(url, sound.stream.index, progress), first)


def _plausible(sound: Sound, duration: float) -> bool:
    bit_rate = (sound.container.size - sound.picture_bytes) * 8 / duration
    stated = (sound.stream.bit_rate or 0) if container_of(sound) in EXACT else 0
    return bit_rate >= max(IMPLAUSIBLE_BIT_RATE, SHORT * stated)


def _guessed(sound: Sound, path: str) -> bool:
    """Whether nothing in the file says how long it is."""
    if container_of(sound) != "mp3":
        return container_of(sound) in GUESSED
    with Path(path).open("rb") as file:
        file.seek(max(0, sound.begins_at - INFO_FRAME))
        before = file.read(min(INFO_FRAME, sound.begins_at))
    return not any(word in before for word in COUNTED)


def measured(url: str, index: int, progress: Progress) -> float:
    """The length of all packets of the sound (seconds), by reading them without decoding any."""
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
