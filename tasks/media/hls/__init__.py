"""An adaptive set of a video (HLS, RFC 8216): the same in several sizes, cut into segments, for players on any line."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tasks.errors import PermanentError, TransientError
from tasks.media.hls import command, playlist
from tasks.media.hls.command import Plan
from tasks.media.hls.ladder import LONGEST_GROUP, AudioTrack, Streams, ladder, may_be_copied
from tasks.media.hls.playlist import MASTER, Track
from tasks.media.limits import GIB, MIB, Limits
from tasks.media.probe import LIMITS, Probe, look
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools, part

__all__ = ["MASTER", "AdaptiveSet", "Rendition", "adaptive_set"]

#: A segment of the largest original that is kept has a tenth of this, bytes.
LARGEST_SEGMENT = 256 * MIB
#: A second of reading may be as slow as this many bytes.
SLOWEST_READ = MIB
#: Characters that are kept of what ffmpeg says of a file that it could read: of a damaged one it says much.
MOST_WORDS = 1000
NOTHING = "No picture of the video can be decoded"


@dataclass(frozen=True)
class Rendition:
    """One size of the video: pixels, bits a second at most (audio not counted), and whether it is the original."""

    name: str
    width: int
    height: int
    bit_rate: int
    copied: bool


@dataclass(frozen=True)
class AdaptiveSet:
    """What was made. `bytes` is all that it takes on the disk, `seconds` how long it plays."""

    renditions: tuple[Rendition, ...]
    audio_tracks: int
    seconds: float
    segments: int
    bytes: int
    #: The video breaks off before its end, and so does the set.
    partial: bool
    warnings: tuple[str, ...] = field(default=())


def adaptive_set(tools: MediaTools, path: Path, out: Path, facts: Probe | None = None) -> AdaptiveSet:
    """Make the adaptive set of a video in the folder `out`, which must not exist and appears whole, in one rename.

    Its `master.m3u8` names everything else. Raises `PermanentError` in the tools' words when nothing of the video can
    be played, `TransientError`, `CancelledError`. Of a video that breaks off there is a set of what there is; `partial`
    and `warnings` say so.
    """
    with reading(path) as status:
        facts = facts or look(tools, path)
        with staged(out.parent) as folder:
            made = _Work(tools, path, status.st_size, folder / out.name, facts).make()
    for warning in made.warnings:
        tools.control.log("warn", warning)
    return made


@dataclass(frozen=True)
class _Work:
    """The adaptive set of one video of `size` bytes, made in `folder`."""

    tools: MediaTools
    path: Path
    size: int
    folder: Path
    facts: Probe

    def make(self) -> AdaptiveSet:
        """With the original as the largest rendition where that can be, all encoded otherwise."""
        streams = self._streams()
        rungs = ladder(self.facts)
        copied = may_be_copied(self.facts, streams, rungs[0]) and self._has_clean_cuts()
        plan = Plan(self.facts, streams, rungs, copied)
        made = self._try_copying(plan) if copied else None
        return made or self._encode(Plan(self.facts, streams, rungs, copied=False))

    def _streams(self) -> Streams:
        found = self.tools.ask_of_video("streams", self.path, LIMITS)
        audio = tuple(AudioTrack(**track) for track in found.pop("audio"))
        return Streams(**{**found, "undecodable": tuple(found["undecodable"])}, audio=audio)

    def _has_clean_cuts(self) -> bool:
        """Whether segments can be cut from the original: often enough, and each to be played by itself."""
        seconds = self.size / SLOWEST_READ
        limits = Limits(wall=300 + seconds, silence=60, cpu=60 + seconds / 10)
        progress = part(self.tools.control.progress, 0.0, 0.05)
        found = self.tools.ask_of_video("keyframes", self.path, limits, progress, index=self.facts.video_stream)
        return bool(found["clean"] and found["longest"] <= LONGEST_GROUP)

    def _try_copying(self, plan: Plan) -> AdaptiveSet | None:
        """None where ffmpeg refuses to, finds faults in the original, or cuts it elsewhere than the others.

        A faulty picture ends a player's work; encoded anew it is a blot.
        """
        try:
            made = self._run(plan)
        except PermanentError as refusal:
            self.tools.control.log("info", "The original cannot be one of the renditions.", reason=str(refusal))
            made = None
        if made is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        return made

    def _encode(self, plan: Plan) -> AdaptiveSet:
        if made := self._run(plan):
            return made
        raise PermanentError("The segments of the renditions do not begin at the same times")

    def _run(self, plan: Plan) -> AdaptiveSet | None:
        """None where the renditions do not line up, or a faulty original would be one of them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check_space(plan)
        progress, total = part(self.tools.control.progress, 0.05, 1), max(self.facts.duration, 0.1)
        outputs = command.outputs(self.path, plan)
        run = self.tools.ffmpeg(outputs, self._limits(), lambda step: progress(step.seconds / total), self.folder)
        videos = [playlist.read(self.folder / rung.name) for rung in plan.rungs]
        audio = [playlist.read(self.folder / name) for name in plan.audio]
        if not all(track.seconds for track in videos):
            raise PermanentError(run.words or NOTHING)
        if not playlist.line_up(videos) or (plan.copied and run.words):
            return None
        (self.folder / MASTER).write_text(playlist.master(plan, videos, audio))
        return self._made(plan, videos, audio, run.words)

    def _check_space(self, plan: Plan) -> None:
        """Refuse before hours of work what the disk has no room for; the library's database may live there, too."""
        needed = plan.largest_bit_rate * self.facts.duration / 8
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise TransientError(
                f"This may take {needed / GIB:.1f} GiB and the cache folder's disk has {free / GIB:.1f} GiB left: "
                "make room, or let the cache folder lie elsewhere"
            )

    def _made(self, plan: Plan, videos: list[Track], audio: list[Track], words: str) -> AdaptiveSet:
        seconds = max(track.duration for track in (*videos, *audio))
        partial = seconds < self.facts.duration - max(1.0, 0.02 * self.facts.duration)
        return AdaptiveSet(
            renditions=tuple(
                Rendition(rung.name, *rung.size, track.peak, copied=plan.copied and rung is plan.rungs[0])
                for rung, track in zip(plan.rungs, videos, strict=True)
            ),
            audio_tracks=len(audio),
            seconds=round(seconds, 3),
            segments=sum(len(track.sizes) for track in (*videos, *audio)),
            bytes=sum(track.bytes for track in (*videos, *audio)) + (self.folder / MASTER).stat().st_size,
            partial=partial,
            warnings=self._warnings(plan, seconds if partial else None, words),
        )

    def _warnings(self, plan: Plan, until: float | None, words: str) -> tuple[str, ...]:
        short = f"The video breaks off: {until:.1f} of {self.facts.duration:.1f} s can be played" if until else ""
        lost = [f"Audio stream {index} cannot be decoded and was left out" for index in plan.streams.undecodable]
        return tuple(warning for warning in (short, *lost, words[:MOST_WORDS]) if warning)

    def _limits(self) -> Limits:
        cpu = 600 + 60 * self.facts.duration
        return Limits(wall=4 * cpu, silence=180, cpu=cpu, memory=4 * GIB, file_size=LARGEST_SEGMENT)
