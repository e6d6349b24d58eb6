"""The playlists of an adaptive set: reading those that ffmpeg wrote, writing the one above them (RFC 8216)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import TransientError
from tasks.media.hls.command import PLAYLIST, SEGMENT, Plan
from tasks.media.subtitles import UNDETERMINED, language

MASTER = "master.m3u8"
AAC = "mp4a.40.2"
#: Seconds by which two renditions' times may differ: half a picture at 60 a second.
TOLERANCE = 0.008
END = "#EXT-X-ENDLIST"
NOT_WHOLE = "Not everything was written: the disk of the cache folder is full, or fails"
UNQUOTABLE = re.compile(r'["\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


@dataclass(frozen=True)
class Track:
    """One rendition, or one audio track, as it was made: seconds and bytes of each segment, bytes of its folder."""

    folder: Path
    seconds: tuple[float, ...]
    sizes: tuple[int, ...]
    bytes: int

    @property
    def duration(self) -> float:
        """Seconds of the whole."""
        return sum(self.seconds)

    @property
    def average(self) -> int:
        """Bits a second of the whole."""
        return round(8 * sum(self.sizes) / self.duration) if self.duration > 0 else 0

    @property
    def peak(self) -> int:
        """Bits a second of the largest segment; short ones count only in the average."""
        rates = [(seconds, 8 * size / seconds) for seconds, size in zip(self.seconds, self.sizes, strict=True)]
        return max(self.average, *(round(rate) for seconds, rate in rates if seconds >= SEGMENT / 2), 0)

    @property
    def codec(self) -> str:
        """H.264's profile and level as RFC 6381 writes them, from the `avcC` box of the initialization segment."""
        header = next(self.folder.glob("init*.mp4")).read_bytes()
        at = header.index(b"avcC") + 5
        return f"avc1.{header[at : at + 3].hex()}"


def read(folder: Path) -> Track:
    """What ffmpeg has made in this folder; nothing, where it has not come to write a playlist.

    Raises `TransientError` when something is not whole: ffmpeg's muxer says nothing of a disk that is full.
    """
    playlist = folder / PLAYLIST
    if not playlist.exists():
        return Track(folder, (), (), 0)
    lines = playlist.read_text().splitlines()
    seconds = [float(line.removeprefix("#EXTINF:").rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
    segments = [folder / line for line in lines if line and not line.startswith("#")]
    if lines[-1:] != [END] or not all(_is_whole(file) for file in folder.glob("*.m[4p]*")):
        raise TransientError(NOT_WHOLE)
    whole = sum(file.stat().st_size for file in folder.iterdir())
    return Track(folder, tuple(seconds), tuple(file.stat().st_size for file in segments), whole)


def _is_whole(file: Path) -> bool:
    """Whether the boxes of an MP4 file (ISO/IEC 14496-12, 4.2) end where the file does."""
    size, at = file.stat().st_size, 0
    with file.open("rb") as boxes:
        while at < size:
            boxes.seek(at)
            length, kind = int.from_bytes(boxes.read(4), "big"), boxes.read(4)
            if length < 8 or len(kind) < 4:
                return False
            at += length
    return 0 < at == size


def line_up(tracks: Sequence[Track]) -> bool:
    """Whether the segments of all renditions begin at the same times, so that a player may change between them."""
    first, *others = [_starts(track) for track in tracks]
    return all(len(other) == len(first) and _close(first, other) for other in others)


def _starts(track: Track) -> list[float]:
    return [sum(track.seconds[:number]) for number in range(len(track.seconds))]


def _close(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return all(abs(one - other) <= TOLERANCE for one, other in zip(ours, theirs, strict=True))


def master(plan: Plan, videos: Sequence[Track], audio: Sequence[Track]) -> str:
    """The playlist that names all others, largest rendition first, with bit rates as measured."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", *_audio_lines(plan)]
    sound = max((track.peak for track in audio), default=0), max((track.average for track in audio), default=0)
    for rung, track in zip(plan.rungs, videos, strict=True):
        attributes = [
            f"BANDWIDTH={track.peak + sound[0]}",
            f"AVERAGE-BANDWIDTH={track.average + sound[1]}",
            f"RESOLUTION={rung.size.width}x{rung.size.height}",
            *([f"FRAME-RATE={plan.rate:.3f}"] if plan.rate else []),
            f'CODECS="{",".join([track.codec, *([AAC] if audio else [])])}"',
            *(['AUDIO="audio"'] if audio else []),
        ]
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{rung.name}/{PLAYLIST}"]
    return "\n".join(lines) + "\n"


def _audio_lines(plan: Plan) -> list[str]:
    tracks = plan.audio
    default = next((name for name, track in tracks.items() if track.is_default), next(iter(tracks), ""))
    lines = []
    for number, (name, track) in enumerate(tracks.items(), 1):
        tongue = language(track.language)
        title = UNQUOTABLE.sub("", track.title or "").strip() or (tongue if tongue != UNDETERMINED else "Audio")
        attributes = [
            'TYPE=AUDIO,GROUP-ID="audio"',
            # Names must differ within a group.
            f'NAME="{title if len(tracks) == 1 else f"{number}. {title}"}"',
            *([f'LANGUAGE="{tongue}"'] if tongue != UNDETERMINED else []),
            f"DEFAULT={'YES' if name == default else 'NO'},AUTOSELECT=YES",
            f'CHANNELS="2",URI="{name}/{PLAYLIST}"',
        ]
        lines.append(f"#EXT-X-MEDIA:{','.join(attributes)}")
    return lines
