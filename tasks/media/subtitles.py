"""Subtitles as WebVTT: the text tracks in a video file, and the subtitle files beside it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ffmpeg

from tasks.errors import PermanentError
from tasks.library.sidecars import language_and_label
from tasks.media import formats, runner
from tasks.media.limits import MIB, Limits
from tasks.media.probe import Probe, SubtitleTrack, look
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools, part

FOLDER = "subtitles"
UNDETERMINED = "und"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
SIDECAR_LIMITS = Limits(wall=60, silence=30, cpu=30)
#: Bytes of one track; the longest films have a few hundred kilobytes.
LARGEST_TRACK = 64 * MIB
#: A second of reading may be as slow as this many bytes.
SLOWEST_READ = MIB


@dataclass(frozen=True)
class Track:
    """One WebVTT file that was made. Names are relative to the folder of the subtitles."""

    source: Literal["embedded", "sidecar"]
    #: The stream's index in the container, or the name of the file beside the video.
    source_key: str
    language: str
    label: str | None
    #: As libav names the codec; of a file beside the video, its extension.
    source_format: str
    vtt: str
    #: The original of a styled track.
    original: str | None
    is_default: bool


@dataclass(frozen=True)
class Subtitles:
    """What was made, and a sentence for each track that could not be."""

    tracks: tuple[Track, ...]
    warnings: tuple[str, ...]


def extract_subtitles(
    tools: MediaTools, path: Path, out: Path, sidecars: Sequence[Path] = (), facts: Probe | None = None
) -> Subtitles:
    """Write the text subtitles of a video to `out/subtitles`, replacing those of an earlier run; uploaded ones stay.

    A track or file that cannot be read is a warning. Raises as `probe` does for the video itself.
    """
    with reading(path) as status:
        facts = facts or look(tools, path)
        with staged(out / FOLDER) as folder:
            work = _Work(tools, path, status.st_size, folder, [])
            tracks = [*work.embedded(facts.subtitles), *work.beside(sidecars)]
        _remove_stale(out / FOLDER, tracks)
    for warning in work.warnings:
        tools.control.log("warn", warning)
    return Subtitles(tuple(tracks), tuple(work.warnings))


@dataclass(frozen=True)
class _Work:
    """The subtitles of one video of `size` bytes, made in `folder`."""

    tools: MediaTools
    path: Path
    size: int
    folder: Path
    warnings: list[str]

    def embedded(self, tracks: Sequence[SubtitleTrack]) -> list[Track]:
        """All tracks in one read of the file; one by one when that fails, so that a bad one does not cost the rest."""
        wanted = [track for track in tracks if self._is_text(track)]
        try:
            self._extract(wanted)
        except PermanentError:
            for track in wanted:
                self._extract_alone(track)
        return [made for track in wanted if (made := self._made(track))]

    def beside(self, sidecars: Sequence[Path]) -> list[Track]:
        """The subtitle files, each converted by itself."""
        made = []
        for number, file in enumerate(sidecars):
            try:
                made.append(self._convert(file))
            except PermanentError as refusal:
                self.warnings.append(f"{display(file)} cannot be read: {refusal}")
            self.tools.control.progress(0.9 + 0.1 * (number + 1) / len(sidecars))
        return [track for track in made if track]

    def _is_text(self, track: SubtitleTrack) -> bool:
        if track.codec in formats.TEXT_SUBTITLES:
            return True
        self.warnings.append(f"Subtitle stream {track.index} ({track.codec}) holds no text and was skipped")
        return False

    def _extract(self, wanted: Sequence[SubtitleTrack]) -> None:
        if not wanted:
            return
        progress = part(self.tools.control.progress, 0.05, 0.9)
        source = runner.source(self.path)
        outputs = [output for track in wanted for output in self._outputs(source, track)]
        seconds = self.size / SLOWEST_READ
        limits = Limits(wall=600 + seconds, silence=120, cpu=60 + seconds / 20, file_size=LARGEST_TRACK)
        self.tools.ffmpeg(
            ffmpeg.merge_outputs(*outputs), limits, lambda step: progress(step.bytes_read / max(1, self.size))
        )

    def _extract_alone(self, track: SubtitleTrack) -> None:
        try:
            self._extract([track])
        except PermanentError as refusal:
            self.warnings.append(f"Subtitle stream {track.index} ({track.codec}) cannot be read: {refusal}")
            for file in self._files(track):
                file.unlink(missing_ok=True)

    def _outputs(self, source: Any, track: SubtitleTrack) -> list[Any]:
        vtt, *original = self._files(track)
        stream = source[str(track.index)]
        copies = [ffmpeg.output(stream, runner.spelled(file), f="ass", **{"c:s": "copy"}) for file in original]
        return [ffmpeg.output(stream, runner.spelled(vtt), f="webvtt", **{"c:s": "webvtt"}), *copies]

    def _files(self, track: SubtitleTrack) -> list[Path]:
        """The WebVTT file of a track and, of a styled one, the copy of the original."""
        vtt = self.folder / f"embedded-{language(track.language)}-{track.index}.vtt"
        return [vtt, vtt.with_suffix(".ass")] if track.codec in formats.STYLED_SUBTITLES else [vtt]

    def _made(self, track: SubtitleTrack) -> Track | None:
        """The track, if there is text in what was made of it."""
        vtt, *original = self._files(track)
        if vtt.exists() and b"-->" in vtt.read_bytes():
            return Track(
                source="embedded",
                source_key=str(track.index),
                language=language(track.language),
                label=track.title,
                source_format=track.codec,
                vtt=vtt.name,
                original=original[0].name if original else None,
                is_default=track.is_default,
            )
        for file in (vtt, *original):
            file.unlink(missing_ok=True)
        return None

    def _convert(self, file: Path) -> Track | None:
        tongue, label = language_and_label(file.name, self.path.name)
        key = hashlib.sha256(os.fsencode(file.name)).hexdigest()[:12]
        vtt = self.folder / f"sidecar-{tongue}-{key}.vtt"
        source_format = file.suffix.lower().lstrip(".")
        original = vtt.with_suffix(".ass") if source_format in formats.STYLED_SUBTITLES else None
        with reading(file):
            copy = str(original) if original else None
            if not self.tools.ask("sidecar", file, SIDECAR_LIMITS, out=str(vtt), original=copy):
                return None
        return Track(
            source="sidecar",
            source_key=file.name,
            language=tongue,
            label=label,
            source_format=source_format,
            vtt=vtt.name,
            original=original.name if original else None,
            is_default=False,
        )


def language(tag: str | None) -> str:
    """A language tag as the container has it, fit for a file name."""
    lowered = (tag or "").strip().lower().replace("_", "-")
    return lowered if LANGUAGE.fullmatch(lowered) else UNDETERMINED


def display(file: Path) -> str:
    """A file's name for people, whatever bytes it has."""
    return os.fsencode(file.name).decode("utf-8", errors="replace")


def _remove_stale(folder: Path, tracks: Sequence[Track]) -> None:
    """Tracks of an earlier run that are no more."""
    kept = {name for track in tracks for name in (track.vtt, track.original)}
    for pattern in ("embedded-*", "sidecar-*"):
        for file in folder.glob(pattern):
            if file.name not in kept:
                file.unlink()
