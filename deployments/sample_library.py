"""A small library of real files, made here: something to scan on the first start.

Ten good videos in the common containers and codecs, one cut off before its index, one empty; a series with seasons, a
flat series, movies with a year, a sidecar subtitle and an NFO; a folder of pictures, a comic, an audiobook.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg

from deployments.errors import StartError
from deployments.sample_media import add

#: Seconds since the epoch, of every file: a scan leaves files alone that were written a moment ago.
MADE = 1_700_000_000
#: Seconds that one clip may take to encode.
TIME_LIMIT = 120

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "6")
AAC = ("-c:a", "aac", "-b:a", "64k")
OPUS = ("-c:a", "libopus", "-b:a", "48k")
MP3 = ("-c:a", "libmp3lame", "-b:a", "64k")
SILENT = ()


class SampleError(StartError):
    """The sample library could not be made; `details` holds the tool's own words."""


@dataclass(frozen=True)
class Clip:
    """One video of the sample: where, what, how long (seconds), how large (pixels)."""

    name: str
    video: tuple[str, ...]
    audio: tuple[str, ...]
    seconds: int
    size: str = "320x180"
    #: Subtitle tracks by language, ISO 639-2.
    subtitles: tuple[str, ...] = ()


CLIPS = (
    Clip("Harbour Lights (2019).mp4", H264, AAC, 8, "640x360"),
    Clip("Paper Boats (2021).mkv", HEVC, AAC, 6, "480x270", ("eng", "ger")),
    Clip("Night Train.webm", VP9, OPUS, 5),
    Clip("Old Reel (1987).avi", MPEG4, MP3, 4, "320x240"),
    Clip("Staircase.mov", H264, SILENT, 3, "180x320"),
    Clip("Lanterns/Season 01/Lanterns - S01E01 - Dusk.mp4", H264, AAC, 6),
    Clip("Lanterns/Season 01/Lanterns - S01E02 - Dawn.mkv", H264, AAC, 6),
    Clip("Lanterns/Season 02/Lanterns - S02E01 - Noon.mkv", HEVC, OPUS, 4),
    Clip("Tide Tables/Tide Tables - 01 - Low Water.mp4", H264, AAC, 5),
    Clip("Tide Tables/Tide Tables - 02 - High Water.m4v", H264, AAC, 5),
)

#: The files that no tool can open, and why.
CUT_OFF = "Cut Short (2020).mp4"
EMPTY = "Empty Reel.mkv"

WORDS = {
    "eng": ("The lamps come on.", "A boat leaves the quay."),
    "ger": ("Die Lampen gehen an.", "Ein Boot verlässt den Kai."),
}

NFO = """<?xml version="1.0" encoding="UTF-8"?>
<movie>
  <title>Harbour Lights</title>
  <plot>One evening in a harbour, told in eight seconds.</plot>
  <aired>2019-05-04</aired>
  <rating>7.5</rating>
  <genre>Short</genre>
  <tag>Harbour</tag>
</movie>
"""


def make(target: Path) -> Path:
    """Make the library at `target`, whole or not at all; one that is there is left as it is. Raises `SampleError`."""
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".sample-", dir=target.parent) as workshop:
            made = Path(workshop) / "library"
            _fill(made)
            made.rename(target)
    except OSError as error:
        if not target.is_dir():  # another start may have made it meanwhile
            raise SampleError(f"The sample library could not be made at {target}", str(error)) from error
    return target


def _fill(library: Path) -> None:
    for clip in CLIPS:
        (library / clip.name).parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda place: _encode(library, place), range(len(CLIPS))))
    whole = (library / CLIPS[0].name).read_bytes()
    (library / CUT_OFF).write_bytes(whole[: len(whole) // 2])
    (library / EMPTY).touch()
    (library / "Harbour Lights (2019).nfo").write_text(NFO, encoding="utf-8")
    (library / "Harbour Lights (2019).en.srt").write_text(_srt("eng"), encoding="utf-8")
    add(library, lambda arguments: _run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *arguments]))
    for file in library.rglob("*"):
        os.utime(file, (MADE, MADE))


def _encode(library: Path, place: int) -> None:
    """Encode one clip; its place gives it a colour and a tone of its own, so that no two have the same content."""
    clip = CLIPS[place]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=size={clip.size}:rate=24,hue=h={place * 36}"]
    if clip.audio:
        command += ["-f", "lavfi", "-i", f"sine=frequency={220 + 55 * place}:sample_rate=48000"]
    command += _subtitles(library, clip)
    command += ["-t", str(clip.seconds), *clip.video, *clip.audio, "-threads", "1"]
    # The same bytes each time: no date, no random ids.
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", f"file:{library / clip.name}"]
    _run(command)


def _subtitles(library: Path, clip: Clip) -> list[str]:
    """The arguments that add the subtitle tracks of a clip, with audio as its second input."""
    inputs, outputs = [], ["-map", "0:v", *(["-map", "1:a"] if clip.audio else [])]
    for track, language in enumerate(clip.subtitles):
        source = library.parent / f"{language}.srt"
        source.write_text(_srt(language), encoding="utf-8")
        inputs += ["-i", f"file:{source}"]
        outputs += ["-map", str(track + 2), "-c:s", "srt", f"-metadata:s:s:{track}", f"language={language}"]
    return inputs + outputs


def _srt(language: str) -> str:
    first, second = WORDS[language]
    return f"1\n00:00:00,500 --> 00:00:02,500\n{first}\n\n2\n00:00:03,000 --> 00:00:05,000\n{second}\n"


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=TIME_LIMIT)  # noqa: S603 - a list, no shell
    except subprocess.CalledProcessError as error:
        raise SampleError("The sample library could not be made", error.stderr.decode(errors="replace")) from error
    except subprocess.TimeoutExpired as error:
        raise SampleError(f"The sample library could not be made: ffmpeg took over {TIME_LIMIT} s") from error
