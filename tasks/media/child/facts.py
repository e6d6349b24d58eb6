"""What is in a file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from tasks.media.child.container import Video, opened

MICROSECONDS = 1_000_000
#: Packets between two reports of progress.
SIGN_OF_LIFE = 1000
#: Fewer bits a second than any video has: the header lies, or is not finished.
IMPLAUSIBLE_BIT_RATE = 500


def probe(url: str, path: str, progress: Callable[[float], None]) -> dict[str, Any]:
    """The facts of `tasks.media.probe.Probe`, as JSON."""
    with opened(url) as video:
        container, stream = video.container, video.stream
        duration = _duration(container, stream, progress)
        turned = video.first.rotation % 180 != 0
        width, height = video.first.width, video.first.height
        return {
            "duration": duration,
            "width": height if turned else width,
            "height": width if turned else height,
            "sample_aspect": _aspect(video, turned),
            "rotation": video.first.rotation,
            "frame_rate": _rate(stream),
            "bit_rate": container.bit_rate or _bit_rate(container.size, duration),
            "codec": _codec(stream),
            "container": container.format.name.split(",")[0],
            "video_stream": stream.index,
            "audio_codec": next((_codec(audio) for audio in container.streams.audio), None),
            "subtitles": [_subtitle(track) for track in container.streams.subtitles],
            "chapters": [_chapter(chapter) for chapter in container.chapters()],
        }


def _duration(container: InputContainer, stream: VideoStream, progress: Callable[[float], None]) -> float:
    """Seconds, as the header has it, or measured where that cannot be true."""
    stated = (container.duration or 0) / MICROSECONDS
    if stated > 0 and (_bit_rate(container.size, stated) or 0) >= IMPLAUSIBLE_BIT_RATE:
        return stated
    return _measured(container, stream, progress) or max(0.0, stated)


def _measured(container: InputContainer, stream: VideoStream, progress: Callable[[float], None]) -> float:
    """From the beginning to the end of the last packet, by reading them all without decoding any.

    In a bare stream, whose packets have no times, it is their number that says how long it is.
    """
    start, end, number = (container.start_time or 0) / MICROSECONDS, 0.0, 0
    for packet in container.demux(stream):
        number += 1
        if packet.pts is not None and packet.time_base is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if number % SIGN_OF_LIFE == 0:
            progress(min(1.0, (packet.pos or 0) / max(1, container.size)))
    rate = _rate(stream)
    return end - start if end else number / rate if rate else 0.0


def _bit_rate(size: int, duration: float) -> int | None:
    return round(size * 8 / duration) if duration > 0 else None


def _rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return round(float(rate), 3) if rate else None


def _aspect(video: Video, turned: bool) -> float:
    """How much wider than high a pixel is shown."""
    aspect = video.stream.sample_aspect_ratio or Fraction(1)
    plausible = Fraction(1, 20) < aspect < 20
    shown = aspect if plausible else Fraction(1)
    return float(1 / shown if turned else shown)


def _codec(stream: Stream) -> str | None:
    """By libav's name for the codec, not for the decoder at hand (`av1`, not `libdav1d`)."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else None


def _subtitle(track: Stream) -> dict[str, Any]:
    return {
        "index": track.index,
        "codec": _codec(track) or "unknown",
        "language": track.metadata.get("language"),
        "title": track.metadata.get("title"),
        "is_default": Disposition.default in track.disposition,
        "is_forced": Disposition.forced in track.disposition,
    }


def _chapter(chapter: av.container.core.Chapter) -> dict[str, Any]:
    base = chapter["time_base"] or Fraction(1, MICROSECONDS)
    return {
        "start": float(chapter["start"] * base),
        "end": float(chapter["end"] * base),
        "title": chapter["metadata"].get("title"),
    }
