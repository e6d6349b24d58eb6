"""The short silent clip: pieces from all over the video, each from a keyframe on, joined in one run of ffmpeg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg

from tasks.errors import PermanentError
from tasks.media import runner
from tasks.media.limits import GIB, Limits
from tasks.media.preview import plan
from tasks.media.preview.plan import Segment, Size
from tasks.media.probe import Probe
from tasks.media.tools import MediaTools, ignore, part

CODEC = {"vcodec": "libx264", "preset": "veryfast", "crf": 24, "pix_fmt": "yuv420p", "threads": 1}
BARE = {"an": None, "sn": None, "dn": None, "map_metadata": -1, "map_chapters": -1}
CONTAINER = {"f": "mp4", "movflags": "+faststart"}
#: Seconds from a keyframe to where ffmpeg is told to begin. Where a container seeks by decoding time it aims 3/23 s too
#: early, and would decode a whole group of pictures more; without an index it lands anywhere before, and goes on to the
#: next keyframe.
LATE, EARLY = 0.14, 1.0
WITHOUT_INDEX = frozenset({"mpegts", "mpeg", "mpegvideo"})

#: From this many pixels on, inputs are opened a few at a time: each holds a decoder's pictures.
LARGE_PICTURE = 1920 * 1200
INPUTS_AT_ONCE, LARGE_INPUTS_AT_ONCE = 12, 4

Progress = Callable[[float], None]


class Made(NamedTuple):
    """A part of the clip, and its seconds."""

    file: Path
    seconds: float


@dataclass(frozen=True)
class Clip:
    """What was made: pixels, seconds, and whether pieces of what was wanted are missing."""

    size: Size
    seconds: float
    partial: bool


@dataclass(frozen=True)
class ClipMaker:
    """Makes the clip of one video."""

    tools: MediaTools
    path: Path
    facts: Probe

    @property
    def size(self) -> Size:
        """Pixels of the clip."""
        return plan.clip_size(plan.shown(self.facts))

    @property
    def rate(self) -> float:
        """Pictures a second of the clip."""
        return plan.clip_rate(self.facts.frame_rate)

    @property
    def large(self) -> bool:
        """Whether one decoder of this video takes much memory."""
        return self.facts.width * self.facts.height > LARGE_PICTURE

    def make(self, out: Path, pieces: Sequence[Segment], progress: Progress) -> Clip:
        """Encode these pieces of the video to `out`.

        A batch that fails is tried piece by piece and what cannot be read is left out: raises `PermanentError` with
        ffmpeg's words when that is everything.
        """
        at_once = LARGE_INPUTS_AT_ONCE if self.large else INPUTS_AT_ONCE
        batches = [pieces[first : first + at_once] for first in range(0, len(pieces), at_once)]
        made: list[Made] = []
        for number, batch in enumerate(batches):
            share = part(progress, number / len(batches), (number + 1) / len(batches))
            made += self._batch(out.with_name(f"batch-{number}.mp4"), batch, share)
        self._join([one.file for one in made], out)
        seconds, wanted = sum(one.seconds for one in made), sum(piece.length for piece in pieces)
        return Clip(self.size, seconds, partial=seconds < wanted - max(0.1 * wanted, 0.25, 2 / self.rate))

    def _batch(self, file: Path, batch: Sequence[Segment], progress: Progress) -> list[Made]:
        """What was made of a batch: one file, or one for each piece that can be read."""
        try:
            return [self._encode(file, batch, progress)]
        except PermanentError:
            if len(batch) == 1:
                raise
        made, refusals = [], []
        for number, piece in enumerate(batch):
            try:
                made.append(self._encode(file.with_name(f"{file.stem}-{number}.mp4"), [piece], ignore))
            except PermanentError as refusal:
                refusals.append(refusal)
        if not made:
            raise refusals[0]
        return made

    def _encode(self, file: Path, batch: Sequence[Segment], progress: Progress) -> Made:
        """One run. Raises `PermanentError` when it ends well and has made nothing."""
        total = sum(piece.length for piece in batch)
        streams = [self._piece(piece) for piece in batch]
        joined = ffmpeg.concat(*streams, v=1, a=0) if len(streams) > 1 else streams[0]
        output = ffmpeg.output(joined, runner.spelled(file), **CODEC, **BARE, **CONTAINER)
        run = self.tools.ffmpeg(output, self._limits(total), lambda step: progress(step.seconds / total))
        if not run.frames:
            raise PermanentError(run.words or "No picture of the video can be decoded for the clip")
        return Made(file, run.frames / self.rate)

    def _piece(self, piece: Segment) -> Any:
        """One piece, scaled and at an even rate, so that pieces of a video that changes midway still fit together.

        It begins wherever the seek lands, and its length is counted from there: containers without an index land
        beside the keyframe, and a limit of the input would cut such a piece short.
        """
        early = self.facts.container in WITHOUT_INDEX
        aim = piece.start - min(EARLY, piece.start / 2) if early else piece.start + LATE
        seek = {"ss": f"{aim:.6f}", "noaccurate_seek": None} if piece.start > 0 else {}
        stream = runner.source(self.path, **seek)[str(self.facts.video_stream)]
        cut = stream.filter("setpts", "PTS-STARTPTS").filter("trim", duration=f"{piece.length:.6f}")
        scaled = cut.filter("scale", *self.size).filter("setsar", 1)
        return scaled.filter("fps", f"{self.rate:.3f}").filter("format", "yuv420p")

    def _join(self, parts: Sequence[Path], out: Path) -> None:
        """Put the parts behind each other without encoding them again."""
        if len(parts) == 1:
            parts[0].replace(out)
            return
        listing = out.with_suffix(".txt")
        listing.write_text("".join(f"file '{file.name}'\n" for file in parts))
        joined = ffmpeg.input(runner.spelled(listing), f="concat", safe=1).output(
            runner.spelled(out), c="copy", **CONTAINER
        )
        self.tools.ffmpeg(joined, Limits(wall=120, silence=60, cpu=30))
        for file in (listing, *parts):
            file.unlink()

    def _limits(self, seconds: float) -> Limits:
        cpu = 120 + 30 * seconds
        return Limits(wall=10 * cpu, silence=180, cpu=cpu, memory=4 * GIB if self.large else 2 * GIB)
