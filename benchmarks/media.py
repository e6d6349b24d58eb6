"""What the media kernels cost, against their floor and against the naive way: `python -m benchmarks.media`.

CPU seconds, user and system, of this process and all its children; only ratios mean anything on another machine. The
corpus is made first: ten minutes of 1080p H.264 with a keyframe every ten seconds and three subtitle tracks, and the
first minute of it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from tasks.media.fingerprint import fingerprint
from tasks.media.hls import adaptive_set
from tasks.media.hls.ladder import Rung, ladder
from tasks.media.phash import SCALE, phash, times
from tasks.media.preview import PreviewSettings, plan, preview
from tasks.media.probe import Probe, probe
from tasks.media.runner import executable
from tasks.media.subtitles import extract_subtitles
from tasks.media.tools import MediaTools, ignore

MINUTES = 10
INTERVAL = 10
#: Of the naive sprite, every so many cells are made, and the cost is multiplied: the whole would take minutes.
SAMPLED = 6
CELL = "scale=320:180"
STASH = ("-c:v", "libx264", "-preset", "slow", "-crf", "21", "-pix_fmt", "yuv420p", "-an")


@dataclass(frozen=True)
class Row:
    """CPU seconds of one kernel, of the least that its work can cost, and of the obvious way."""

    kernel: str
    ours: float
    floor: float
    floor_is: str
    naive: float
    naive_is: str
    target: str

    def __str__(self) -> str:
        figures = f"{self.ours:.3f} | {self.ours / self.floor:.2f} x {self.floor_is}"
        return f"| {self.kernel} | {figures} | {self.ours / self.naive:.3f} x {self.naive_is} | {self.target} |"


class Bench:
    """The corpus, the tools, and the clock."""

    def __init__(self, folder: Path, tools: MediaTools) -> None:
        self.folder, self.tools = folder, tools
        self.film, self.movie, self.minute = folder / "film.mkv", folder / "film.mp4", folder / "minute.mp4"

    def ffmpeg(self, *arguments: object) -> None:
        argv = [executable(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
        subprocess.run(argv, check=True, cwd=self.folder)

    def spawn(self, *argv: object) -> None:
        subprocess.run([str(word) for word in argv], check=False, capture_output=True)

    def make_corpus(self) -> None:
        source = ("-f", "lavfi", "-i", "mandelbrot=s=1920x1080:r=25", "-t", "20")
        self.ffmpeg(*source, "-c:v", "libx264", "-preset", "veryfast", "-g", "250", "-pix_fmt", "yuv420p", "loop.mkv")
        cues = (f"{n}\n00:0{n % MINUTES}:01,000 --> 00:0{n % MINUTES}:02,000\nLine {n}\n" for n in range(MINUTES))
        (self.folder / "words.srt").write_text("\n".join(cues))
        tracks = ("-i", "words.srt") * 3
        maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3")
        self.ffmpeg("-stream_loop", MINUTES * 3 - 1, "-i", "loop.mkv", *tracks, *maps, "-c", "copy", self.film)
        self.ffmpeg("-i", self.film, "-map", "0:v", "-c", "copy", self.movie)
        self.ffmpeg("-i", self.movie, "-t", 60, "-c", "copy", self.minute)

    def cpu(self, work: Callable[[], object], times: int = 1) -> float:
        """The median CPU seconds of the work."""
        return statistics.median(self._once(work) for _ in range(times))

    def _once(self, work: Callable[[], object]) -> float:
        before = self._used()
        work()
        return max(self._used() - before, 1e-4)

    def _used(self) -> float:
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        child = psutil.Process(self.tools.child.pid).cpu_times() if self.tools.child.pid else None
        return sum(usage.ru_utime + usage.ru_stime for usage in own) + (child.user + child.system if child else 0)


def bench_probe(bench: Bench) -> Row:
    rounds = 20
    naive = shutil.which("ffprobe")
    argv = (naive, "-v", "error", "-show_format", "-show_streams") if naive else (executable(), "-i")
    probe(bench.tools, bench.movie)
    ours = bench.cpu(lambda: [probe(bench.tools, bench.movie) for _ in range(rounds)]) / rounds
    floor = bench.cpu(lambda: [av.open(str(bench.movie)) for _ in range(rounds)]) / rounds
    spawns = bench.cpu(lambda: bench.spawn(*argv, bench.movie), 7)
    return Row("probe", ours, floor, "opening it", spawns, "one ffprobe" if naive else "one ffmpeg -i", "<= 0.5 naive")


def bench_md5(bench: Bench) -> Row:
    data = bench.movie.read_bytes()
    ours = bench.cpu(lambda: fingerprint(bench.tools, bench.movie), 3)
    floor = bench.cpu(lambda: hashlib.md5(data), 3)
    naive = bench.cpu(lambda: bench.spawn("md5sum", bench.movie), 3)
    return Row("fingerprint", ours, floor, "md5 in memory", naive, "md5sum", "<= 1.15 naive")


def bench_phash(bench: Bench) -> Row:
    facts = probe(bench.tools, bench.minute)

    def floor() -> None:
        with av.open(str(bench.minute)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count, stream.codec_context.skip_frame = 1, "NONREF"
            last = times(facts.duration)[-1] / 1e6
            next(frame for frame in container.decode(stream) if frame.time is not None and frame.time >= last)

    def naive() -> None:
        for at in times(facts.duration):
            still = ("-frames:v", 1, "-vf", f"scale={SCALE}", "-c:v", "bmp", "-f", "rawvideo", "still.bmp")
            bench.ffmpeg("-ss", at / 1e6, "-i", bench.minute, *still)

    ours = bench.cpu(lambda: phash(bench.tools, bench.minute, facts, ignore), 2)
    floor_is = "decoding what others refer to, once"
    row = (ours, bench.cpu(floor, 2), floor_is, bench.cpu(naive), "25 spawns")
    return Row("perceptual hash, one minute", *row, "<= 0.55 naive")


def bench_clip(bench: Bench, facts: Probe) -> Row:
    def ours() -> None:
        preview(bench.tools, bench.film, bench.folder / "out", PreviewSettings(clip_seconds=9, trickplay=False), facts)

    times = [facts.duration * (piece + 0.5) / 12 for piece in range(12)]

    def floor() -> None:
        inputs = [word for at in times for word in ("-threads", 1, "-noaccurate_seek", "-ss", at, "-i", bench.film)]
        cuts = [f"[{n}:v]setpts=PTS-STARTPTS,trim=duration=0.75,scale=960:-2[v{n}];" for n in range(12)]
        joined = "".join(cuts) + "".join(f"[v{n}]" for n in range(12)) + "concat=n=12:v=1:a=0"
        bench.ffmpeg(*inputs, "-filter_complex", joined, "-f", "null", "-")

    def naive() -> None:
        for number, at in enumerate(times):
            piece = ("-ss", at, "-i", bench.film, "-t", "0.75", "-vf", "scale=640:-2", *STASH)
            bench.ffmpeg(*piece, f"piece-{number}.mp4")
        (bench.folder / "pieces.txt").write_text("".join(f"file piece-{number}.mp4\n" for number in range(12)))
        bench.ffmpeg("-f", "concat", "-i", "pieces.txt", "-c", "copy", "joined.mp4")

    floor_is = "decoding and scaling it"
    row = (bench.cpu(ours, 2), bench.cpu(floor, 2), floor_is, bench.cpu(naive), "13 spawns, x264 slow, 640 wide")
    return Row("clip, thumbnail and card", *row, "<= 1.6 floor, <= 0.33 naive")


def bench_sprite(bench: Bench, facts: Probe) -> Row:
    cells = plan.sprite_plan(facts.duration, plan.shown(facts), PreviewSettings(trickplay_interval=INTERVAL)).count
    times = [INTERVAL * (cell + 0.5) for cell in range(cells)]
    with_sprite, without = PreviewSettings(clip_seconds=2), PreviewSettings(clip_seconds=2, trickplay=False)

    def ours(wanted: PreviewSettings) -> None:
        preview(bench.tools, bench.film, bench.folder / "out", wanted, facts)

    def floor() -> None:
        with av.open(str(bench.film)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            assert stream.time_base
            for at in times:
                container.seek(int(at / stream.time_base), stream=stream)
                packet = next(packet for packet in container.demux(stream) if packet.is_keyframe)
                assert stream.codec_context.decode(packet) or stream.codec_context.decode(None)
                stream.codec_context.flush_buffers()

    def naive() -> None:
        for at in times[::SAMPLED]:
            bench.ffmpeg("-threads", 1, "-ss", at, "-i", bench.film, "-frames:v", 1, "-vf", CELL, "cell.jpg")

    made = bench.cpu(lambda: ours(with_sprite), 2) - bench.cpu(lambda: ours(without), 2)
    whole = bench.cpu(naive) * cells / len(times[::SAMPLED])
    floor_is = f"{cells} keyframe decodes"
    return Row("sprite", made, bench.cpu(floor, 2), floor_is, whole, "one spawn per cell", "<= 1.2 floor, <= 0.1 naive")


def bench_subtitles(bench: Bench, facts: Probe) -> Row:
    def one_by_one(*streams: int) -> None:
        for stream in streams:
            bench.ffmpeg("-i", bench.film, "-map", f"0:s:{stream}", "words.vtt")

    outputs = [word for stream in range(3) for word in ("-map", f"0:s:{stream}", f"words-{stream}.vtt")]
    ours = bench.cpu(lambda: extract_subtitles(bench.tools, bench.film, bench.folder / "out", [], facts), 3)
    floor = bench.cpu(lambda: bench.ffmpeg("-i", bench.film, *outputs), 3)
    naive = bench.cpu(lambda: one_by_one(0, 1, 2), 3)
    return Row("subtitles", ours, floor, "one ffmpeg for all", naive, "one ffmpeg per track", "<= 1.1 floor")


def bench_adaptive_set(bench: Bench, extension: str) -> Row:
    """Of 20 seconds; an original in an AVI file is not kept as the largest rendition."""
    source, kept = f"hls.{extension}", extension != "avi"
    bench.ffmpeg("-i", "loop.mkv", "-c:v", "libx264", "-preset", "fast", "-b:v", "6M", "-g", 48, source)
    rungs = ladder(probe(bench.tools, bench.folder / source))
    encoder = ("-c:v", "libx264", "-preset", "veryfast", "-crf", 23, "-pix_fmt", "yuv420p")

    def ours() -> None:
        shutil.rmtree(bench.folder / "set", ignore_errors=True)
        adaptive_set(bench.tools, bench.folder / source, bench.folder / "set")

    def encoded(rung: Rung, *options: object) -> tuple[object, ...]:
        width, height = rung.size
        return ("-s", f"{width}x{height}", *encoder, "-maxrate", rung.rate, "-bufsize", 2 * rung.rate, *options)

    def floor() -> None:
        one = ("-threads", 1, "-sc_threshold", 0, "-g", 48, "-f", "null", "-")
        outputs = [word for rung in rungs[kept:] for word in ("-map", "0:v", *encoded(rung, *one))]
        bench.ffmpeg("-threads", 1, "-i", source, *outputs)

    def naive() -> None:
        for rung in rungs:
            bench.ffmpeg("-i", source, *encoded(rung, "-f", "hls", "-hls_time", 6, f"{rung.name}.m3u8"))

    figures = bench.cpu(ours, 2), bench.cpu(floor, 2), "encoding all that is not kept", bench.cpu(naive, 2)
    kernel, target = ("original kept", "<= 0.45 naive") if kept else ("all encoded", "<= 0.8 naive")
    return Row(f"adaptive set, {kernel}", *figures, "one ffmpeg per rendition", f"<= 1.1 floor, {target}")


def machine() -> str:
    versions = f"Python {platform.python_version()}, PyAV {av.__version__}, {Path(executable()).name}"
    memory = psutil.virtual_memory().total >> 30
    return f"{os.cpu_count()} x {platform.machine()}, {memory} GB, {platform.system()}; {versions}"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, MediaTools(nice=False) as tools:
        bench = Bench(Path(folder), tools)
        bench.make_corpus()
        facts = probe(tools, bench.film)
        print(f"{machine()}\n\n| kernel | CPU s | against the floor | against the naive way | target |")
        print("|---|---|---|---|---|")
        print(bench_probe(bench), bench_md5(bench), bench_phash(bench), sep="\n", flush=True)
        for kernel in (bench_clip, bench_sprite, bench_subtitles):
            print(kernel(bench, facts), flush=True)
        for extension in ("mkv", "avi"):
            print(bench_adaptive_set(bench, extension), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
