"""What decides how a video is made ready for streaming: its picture, its audio tracks, its keyframes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
from av.audio.stream import AudioStream
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from tasks.media import formats
from tasks.media.child.container import opened
from tasks.media.child.facts import SIGN_OF_LIFE

#: H.264's kinds of NAL unit (ITU-T H.264, table 7-1).
SLICE, IDR_SLICE = 1, 5
#: The first byte of an `avcC` record; a stream without one separates its NAL units by start codes.
AVCC = 1


def streams(url: str, path: str, progress: Callable[[float], None]) -> dict[str, Any]:
    """How the first picture is stored, and the audio tracks that can be decoded."""
    with opened(url) as video:
        return {
            "pixel_format": video.first.format.name,
            "interlaced": bool(video.first.interlaced_frame),
            "transfer": int(video.first.color_trc),
            "audio": [_track(track) for track in video.container.streams.audio if _decodable(track)],
            "undecodable": [track.index for track in video.container.streams.audio if not _decodable(track)],
        }


def _decodable(track: AudioStream) -> bool:
    context = track.codec_context
    return context is not None and context.sample_rate > 0 and context.layout.nb_channels > 0


def _track(track: AudioStream) -> dict[str, Any]:
    return {
        "index": track.index,
        "language": track.metadata.get("language"),
        "title": track.metadata.get("title"),
        "is_default": Disposition.default in track.disposition,
    }


def keyframes(url: str, path: str, progress: Callable[[float], None], *, index: int) -> dict[str, Any]:
    """Whether an H.264 stream may be cut at each of its keyframes, and the longest way between two, seconds.

    Reads the whole file and decodes none of it. A keyframe that is no IDR picture can be sought to, but what follows it
    may show pictures from before it, so that a player must not begin there.
    """
    cuts = _Cuts()
    with av.open(url, "r", options=dict(formats.OPEN_OPTIONS), metadata_errors="replace") as container:
        stream = container.streams[index]
        assert isinstance(stream, VideoStream)
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all
        record = bytes(stream.codec_context.extradata or b"")
        cuts.clean = len(record) > 4 and record[0] == AVCC
        for number, packet in enumerate(container.demux(stream)):
            if not cuts.clean:
                break
            if packet.size:
                cuts.take(packet, (record[4] & 3) + 1)
            if number % SIGN_OF_LIFE == 0:
                progress(min(1.0, max(0, packet.pos or 0) / max(1, container.size)))
    return {"clean": cuts.clean and cuts.last is not None, "longest": cuts.longest}


class _Cuts:
    """What is known of a stream's keyframes so far."""

    def __init__(self) -> None:
        self.clean = True
        self.last: float | None = None
        self.longest = 0.0

    def take(self, packet: av.Packet[VideoStream], length_bytes: int) -> None:
        """Look at the next packet."""
        if packet.pts is None or packet.time_base is None or packet.is_discard:
            self.clean = False
            return
        at = float(packet.pts * packet.time_base)
        if self.last is None or packet.is_keyframe:
            self.clean = packet.is_keyframe and _is_idr(bytes(packet), length_bytes)
            self.longest = max(self.longest, at - (at if self.last is None else self.last))
            self.last = at
        else:
            self.longest = max(self.longest, at - self.last)


def _is_idr(data: bytes, length_bytes: int) -> bool:
    """Whether the first slice of a packet is an IDR picture's; NAL units follow their lengths (ISO/IEC 14496-15)."""
    at = 0
    while at + length_bytes < len(data):
        kind = data[at + length_bytes] & 31
        if kind in {SLICE, IDR_SLICE}:
            return kind == IDR_SLICE
        at += length_bytes + int.from_bytes(data[at : at + length_bytes], "big")
    return False
