"""What the audio kernels cost, as `benchmarks.media` has it for videos: `python -m benchmarks.audio`.

The corpus is ten minutes of MP3, and a short M4B with tags, chapters and a cover.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import av

from benchmarks.media import Bench, Row, machine
from tasks.media.audio.chromaprint import HEARD
from tasks.media.audio.fingerprint import audio_fingerprint
from tasks.media.audio.probe import audio_probe
from tasks.media.audio.waveform import audio_waveform
from tasks.media.runner import executable
from tasks.media.tools import MediaTools

MINUTES = 10
ROUNDS = 20
SOUND = "anoisesrc=c=pink:r=44100:a=0.5,tremolo=f=0.3:d=0.9,aformat=channel_layouts=stereo"
METADATA = ";FFMETADATA1\ntitle=A book\nartist=Somebody\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=60\ntitle=One\n"


def make_corpus(bench: Bench) -> tuple[Path, Path]:
    """A song and a book."""
    song, book = bench.folder / "song.mp3", bench.folder / "book.m4b"
    source = ("-f", "lavfi", "-i", SOUND)
    bench.ffmpeg(*source, "-t", MINUTES * 60, "-c:a", "libmp3lame", "-b:a", "192k", song)
    (bench.folder / "metadata.txt").write_text(METADATA)
    bench.ffmpeg("-f", "lavfi", "-i", "testsrc=s=800x800", "-frames:v", 1, "cover.jpg")
    inputs = ("-t", 60, *source, "-i", "metadata.txt", "-i", "cover.jpg", "-map", "0", "-map", "2", "-map_metadata", 1)
    bench.ffmpeg(*inputs, "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic", "-f", "mp4", book)
    return song, book


def bench_probe(bench: Bench, name: str, file: Path) -> Row:
    naive = shutil.which("ffprobe")
    argv = (naive, "-v", "error", "-show_format", "-show_streams", "-show_chapters") if naive else (executable(), "-i")

    def ours() -> None:
        for _ in range(ROUNDS):
            audio_probe(bench.tools, file, bench.folder / "out")

    ours()
    cost = bench.cpu(ours, 3) / ROUNDS
    floor = bench.cpu(lambda: [av.open(str(file)) for _ in range(ROUNDS)], 3) / ROUNDS
    spawn = bench.cpu(lambda: bench.spawn(*argv, file), 7)
    naive_is = "one ffprobe" if naive else "one ffmpeg -i"
    return Row(name, cost, floor, "opening it", spawn, naive_is, "<= 0.1 naive")


def bench_waveform(bench: Bench, song: Path) -> Row:
    null = ("-threads", 1, "-i", song, "-map", "0:a:0", "-f", "null", "-")
    ours = bench.cpu(lambda: audio_waveform(bench.tools, song, bench.folder / "out"), 3)
    naive = bench.cpu(lambda: bench.ffmpeg(*null), 3)
    floor_is, naive_is = "decoding it in process", "one ffmpeg to null"
    return Row("waveform", ours, bench.cpu(_decode(song), 3), floor_is, naive, naive_is, "<= 1.10 naive")


def bench_fingerprint(bench: Bench, song: Path) -> Row:
    def naive() -> None:
        bench.spawn("fpcalc", song)
        bench.spawn("md5sum", song)

    ours = bench.cpu(lambda: audio_fingerprint(bench.tools, song), 3)
    floor = bench.cpu(_decode(song, HEARD), 3)
    floor_is = "decoding two minutes in process"
    return Row("audio fingerprint", ours, floor, floor_is, bench.cpu(naive, 3), "fpcalc and md5sum", "<= 1.1 naive")


def _decode(song: Path, seconds: float = 1e9) -> Callable[[], None]:
    def decode() -> None:
        with av.open(str(song)) as container:
            stream = container.streams.audio[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                if (frame.time or 0) >= seconds:
                    return

    return decode


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, MediaTools(nice=False) as tools:
        bench = Bench(Path(folder), tools)
        song, book = make_corpus(bench)
        print(f"{machine()}\n\n| kernel | CPU s | against the floor | against the naive way | target |")
        print("|---|---|---|---|---|")
        print(bench_probe(bench, "audio probe", song), flush=True)
        print(bench_probe(bench, "audio probe with a cover", book), flush=True)
        print(bench_waveform(bench, song), flush=True)
        print(bench_fingerprint(bench, song), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
