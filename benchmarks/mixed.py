"""A whole scan of a mixed library, beside what its kernels cost alone.

    python -m benchmarks.mixed [--scale 1.0] [--slots 1 8] [--library FOLDER]

The library: 24 clips of 30 s and a film of 10 minutes (720p H.264 and AAC), one file cut off, one empty, 200 small
pictures in 9 folders, 40 short audio files; `--scale` takes so much of each. The bare kernels are the functions of
`tasks/` that the queues run, called one after another in one process with one set of tools: no queue, no database, no
Prefect. Then a Darkroom as `darkroom up` starts it scans the library, twice, at each number of slots. Prints tables in
Markdown: wall and CPU seconds of every program with all that it started, until Prefect has written everything down.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy
import prefect
import psutil
from PIL import Image

from benchmarks import usage
from benchmarks.system import System, a_system, wait
from db.library_settings import Settings
from tasks.errors import PermanentError
from tasks.media.audio.fingerprint import audio_fingerprint
from tasks.media.audio.probe import audio_probe
from tasks.media.audio.waveform import audio_waveform
from tasks.media.fingerprint import fingerprint
from tasks.media.image import image_thumbnail
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.subtitles import extract_subtitles
from tasks.media.tools import MediaTools

CLIPS, PICTURES, FOLDERS, SOUNDS = 24, 200, 9, 40
#: Seconds of the source that everything is cut from, of a clip, of the film, of a sound.
SOURCE, CLIP, FILM, SOUND = 40, 30, 600, 20
MADE = 1_700_000_000


def make_library(root: Path, scale: float) -> None:
    """Write the library into this folder, which is made."""
    films, sounds = root / "films", root / "sounds"
    films.mkdir(parents=True)
    sounds.mkdir()
    source = films / "source.mp4"
    picture, tone = f"mandelbrot=s=1280x720:r=25:start_scale=0.8,trim=duration={SOURCE}", "anoisesrc=c=pink:a=0.1"
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "500k", "-pix_fmt", "yuv420p", "-c:a", "aac")
    _ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-t", SOURCE, *codecs, source)
    for number in range(round(CLIPS * scale)):
        title = ("-metadata", f"title=Clip {number}")
        _ffmpeg("-ss", number % 10, "-i", source, "-t", CLIP, "-c", "copy", *title, films / f"Clip {number:02}.mp4")
    turns = max(1, round(FILM * scale / SOURCE))
    _ffmpeg("-stream_loop", turns - 1, "-i", source, "-c", "copy", films / "The Film (2020).mp4")
    whole = source.read_bytes()
    source.unlink()
    (films / "Cut off.mp4").write_bytes(whole[: len(whole) // 2])
    (films / "Empty.mp4").touch()
    for number in range(round(PICTURES * scale)):
        folder = root / f"pictures {number % FOLDERS + 1}"
        folder.mkdir(exist_ok=True)
        _picture(number).save(folder / f"picture {number:03}.jpg", quality=85)
    for number in range(round(SOUNDS * scale)):
        sound = f"anoisesrc=c=brown:a=0.3:seed={number},aformat=channel_layouts=stereo"
        _ffmpeg("-f", "lavfi", "-i", sound, "-t", SOUND, "-b:a", "128k", sounds / f"Sound {number:02}.mp3")
    for file in root.rglob("*"):
        os.utime(file, (MADE, MADE))


def _ffmpeg(*arguments: object) -> None:
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(argv, check=True)


def _picture(number: int) -> Image.Image:
    coarse = numpy.random.default_rng(number).integers(0, 255, (12, 16, 3), dtype=numpy.uint8)
    return Image.fromarray(coarse).resize((800, 600), Image.Resampling.BICUBIC)


class Kernels:
    """Each kernel on each file that it is for, as the settings are by default."""

    def __init__(self, library: Path, out: Path, tools: MediaTools) -> None:
        self.library, self.out, self.tools = library, out, tools
        chosen = Settings()
        self.wanted = PreviewSettings(
            clip_seconds=chosen.preview_clip_duration_seconds,
            trickplay=chosen.generate_trickplay,
            trickplay_interval=chosen.trickplay_interval_seconds,
            thumbnail_quality=chosen.thumbnail_quality,
            trickplay_quality=chosen.trickplay_quality,
        )

    def all(self) -> dict[str, tuple[str, Callable[[Path], object]]]:
        """By queue: the files that it is for, and its kernel."""
        tools = self.tools
        return {
            "media-probe": ("films/*", lambda path: probe(tools, path)),
            "fingerprint": ("films/*", lambda path: fingerprint(tools, path)),
            "preview": ("films/*", lambda path: preview(tools, path, self._out(path), self.wanted)),
            "extract-subtitles": ("films/*", lambda path: extract_subtitles(tools, path, self._out(path))),
            "image-thumbnail": ("pictures*/*", lambda path: image_thumbnail(tools, path, self._out(path), hashes=True)),
            "audio-probe": ("sounds/*", lambda path: audio_probe(tools, path, self._out(path))),
            "audio-fingerprint": ("sounds/*", lambda path: audio_fingerprint(tools, path)),
            "audio-waveform": ("sounds/*", lambda path: audio_waveform(tools, path, self._out(path))),
        }

    def _out(self, path: Path) -> Path:
        return self.out / path.parent.name / path.stem


@dataclass(frozen=True)
class Cost:
    """Wall seconds, and CPU seconds by who spent them."""

    wall: float
    cpu: Counter[str]

    @property
    def total(self) -> float:
        """CPU seconds of all together."""
        return sum(self.cpu.values())


def bare(library: Path) -> Cost:
    """What the kernels cost alone."""
    cpu: Counter[str] = Counter()
    me, began = psutil.Process(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="darkroom-bare-") as folder, MediaTools() as tools:
        for queue, (pattern, kernel) in Kernels(library, Path(folder), tools).all().items():
            before = usage.tree(me)
            for path in sorted(library.glob(pattern)):
                with suppress(PermanentError):
                    kernel(path)
            cpu[queue] = usage.tree(me) - before
    return Cost(time.perf_counter() - began, cpu)


def scan(system: System, library: Path) -> tuple[Cost, int]:
    """What a scan costs, and how many jobs it has made."""
    before, began = system.used(), time.perf_counter()
    report = system.scan(library)
    wall = time.perf_counter() - began
    wait(system.is_quiet, every=0.5)
    return Cost(wall, system.used() - before), int(report["enqueued"])


def measure(library: Path, slots: int) -> dict[str, tuple[Cost, int]]:
    """The first scan and the next one."""
    with a_system() as system:
        system.change("UPDATE library_settings SET background_worker_concurrency = %s", slots)
        return {name: scan(system, library) for name in (f"first scan, {slots} slots", f"rescan, {slots} slots")}


def tell(kernels: list[Cost], scans: dict[str, tuple[Cost, int]]) -> None:
    """The tables."""
    queues = list(kernels[0].cpu)
    print("\n| kernel | CPU s |\n|---|---|")
    for queue in queues:
        print(f"| {queue} | {statistics.median(cost.cpu[queue] for cost in kernels):.2f} |")
    total = statistics.median(cost.total for cost in kernels)
    print(f"| all | {total:.2f} (from {min(c.total for c in kernels):.2f} to {max(c.total for c in kernels):.2f}) |")
    programs = ["flows", "Prefect server", "Prefect worker", "PostgreSQL", "page", "other"]
    print(f"\n| | wall s | {' | '.join(programs)} | all | of the bare kernels | jobs |")
    print("|---" * (len(programs) + 5) + "|")
    for name, (cost, jobs) in scans.items():
        cells = " | ".join(f"{cost.cpu[program]:.1f}" for program in programs)
        print(f"| {name} | {cost.wall:.1f} | {cells} | {cost.total:.1f} | {cost.total / total:.2f} | {jobs} |")


def main() -> None:
    """Make the library, measure the kernels before, between and after the scans, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--library", type=Path, help="where it is made, or already is")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="darkroom-mixed-") as folder:
        library = (wanted.library or Path(folder) / "library").resolve()
        if not library.exists():
            make_library(library, wanted.scale)
        files = [file for file in library.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{usage.machine()}; Prefect {prefect.__version__}; {len(files)} files, {size:.0f} MB")
        kernels, scans = [bare(library)], {}
        for slots in wanted.slots:
            scans |= measure(library, slots)
            kernels.append(bare(library))
        tell(kernels, scans)


if __name__ == "__main__":
    main()
