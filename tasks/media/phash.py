"""The perceptual hash of a video, as Stash defines it and StashDB knows it, bit for bit.

25 pictures from 5 % to 91.4 % of the video, 160 pixels wide, in a sheet of 5 x 5, whose hash is goimagehash's. Source:
Stash's `pkg/hash/videophash`. The pictures have to be the very ones that ffmpeg shows: neighbours are other hashes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg

from tasks.errors import PermanentError
from tasks.media import runner
from tasks.media.limits import Limits
from tasks.media.probe import Probe
from tasks.media.source import reading
from tasks.media.tools import MediaTools, part

COLUMNS = 5
PICTURES = COLUMNS * COLUMNS
SCALE = "160:-2"

#: Where one open file, read by PyAV, gives the same pictures as 25 runs of ffmpeg: in containers that say when each
#: picture is shown, from these codecs, each with what need not be decoded on the way (libav's `skip_frame`).
SEEKABLE = frozenset({"mov", "matroska"})
SKIPPED = {"h264": "NONREF", "hevc": "NONREF", "vp9": "DEFAULT", "mpeg2video": "DEFAULT"}

#: From this many pixels on, ffmpeg opens the file once at a time: each holds a decoder's pictures.
LARGE_PICTURE = 1920 * 1200
INPUTS_AT_ONCE = 5

#: Microseconds by which a picture that cannot be had is missed, in this order.
SHIFTS = (0, -250_000, 250_000, -1_000_000, 1_000_000)

Progress = Callable[[float], None]
Wanted = Mapping[Path, int]


def phash(tools: MediaTools, path: Path, facts: Probe, progress: Progress) -> str | None:
    """The hash, 16 hexadecimal digits; None, with a warning that says why, for a video that has none.

    A picture that cannot be decoded is replaced by a near one, else by the one before it. Raises `TransientError` when
    the file changes or the disk fails, and `CancelledError`.
    """
    try:
        with reading(path), TemporaryDirectory(prefix="darkroom-phash-") as folder:
            return _Maker(tools, path, facts, Path(folder)).make(progress)
    except PermanentError as refusal:
        tools.control.log("warn", f"There is no perceptual hash of this video: {refusal}")
        return None


def times(duration: float) -> list[int]:
    """When the pictures are, in whole microseconds: the file's duration (seconds) counts to a hundredth.

    The arithmetic is Stash's, and digits beyond a microsecond are dropped, as ffmpeg does.
    """
    whole = math.floor(duration * 100 + 0.5) / 100
    offset, step = 0.05 * whole, 0.9 * whole / PICTURES
    return [int(Decimal(repr(offset + number * step)) * 1_000_000) for number in range(PICTURES)]


class _Maker:
    """The hash of one video, made with files in `folder`."""

    def __init__(self, tools: MediaTools, path: Path, facts: Probe, folder: Path) -> None:
        self.tools, self.path, self.facts, self.folder = tools, path, facts, folder
        cpu = 600 + 3 * facts.duration
        self.limits = Limits(wall=10 * cpu, silence=180, cpu=cpu)

    def make(self, progress: Progress) -> str:
        """Fetch the pictures and hash them. Raises `PermanentError` when there are none."""
        if self.facts.duration <= 0:
            raise PermanentError("Nothing says how long it is")
        wanted = {self.folder / f"{number:02}.bmp": at for number, at in enumerate(times(self.facts.duration))}
        self._fetch(wanted, part(progress, 0, 0.99))
        files = [str(file) for file in _without_gaps(list(wanted))]
        made: str = self.tools.ask("phash", self.path, self.limits, files=files, columns=COLUMNS)
        progress(1)
        return made

    def _fetch(self, wanted: Wanted, progress: Progress) -> None:
        """Make these files, those of which there are pictures. Where PyAV has none, ffmpeg has the last word."""
        if self.facts.container in SEEKABLE and self.facts.codec in SKIPPED and not self.facts.rotation:
            self._by_seeking(wanted, progress)
        for shift in SHIFTS:
            missing = {file: max(0, at + shift) for file, at in wanted.items() if not _is_made(file)}
            for batch in self._batches(missing):
                self._by_ffmpeg(batch)
                progress(sum(map(_is_made, wanted)) / len(wanted))

    def _by_seeking(self, wanted: Wanted, progress: Progress) -> None:
        times = {str(file): at for file, at in wanted.items()}
        skip = SKIPPED[str(self.facts.codec)]
        try:
            self.tools.ask("exact_frames", self.path, self.limits, progress, wanted=times, scale=SCALE, skip=skip)
        except PermanentError:
            _remove(wanted)

    def _batches(self, wanted: Wanted) -> Iterator[Wanted]:
        """So many as ffmpeg may open at once."""
        at_once = 1 if self.facts.width * self.facts.height > LARGE_PICTURE else INPUTS_AT_ONCE
        files = list(wanted)
        for first in range(0, len(files), at_once):
            yield {file: wanted[file] for file in files[first : first + at_once]}

    def _by_ffmpeg(self, batch: Wanted) -> None:
        """One run for all, or, if that fails, one for each. A picture beyond the end is an empty file."""
        outputs = [self._picture(file, at) for file, at in batch.items()]
        try:
            self.tools.ffmpeg(ffmpeg.merge_outputs(*outputs), self.limits)
        except PermanentError:
            _remove(batch)
            for file in batch if len(batch) > 1 else ():
                self._by_ffmpeg({file: batch[file]})

    def _picture(self, file: Path, at: int) -> Any:
        stream = runner.source(self.path, ss=f"{at / 1e6:.6f}")[str(self.facts.video_stream)]
        one = {"frames:v": 1, "vf": f"scale={SCALE}", "vcodec": "bmp", "f": "rawvideo"}
        return stream.output(runner.spelled(file), **one)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _is_made(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _without_gaps(files: Sequence[Path]) -> list[Path]:
    """The files in order, each that is missing replaced by the one before it, at the beginning by the first of all."""
    made = [file for file in files if _is_made(file)]
    if not made:
        raise PermanentError("No picture of it can be decoded")
    latest = made[0]
    return [latest := file if file in made else latest for file in files]
