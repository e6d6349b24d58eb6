"""Three hundred files of every kind, a third of them bad, made in seconds: what a neglected disk looks like."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import imageio_ffmpeg
import numpy
from PIL import Image

#: Seconds since the epoch: scans leave alone what was written a moment ago.
MADE = 1_700_000_000

#: How many there are of each, good and bad.
VIDEOS, PICTURES, AUDIO, ARCHIVES = (30, 25), (110, 40), (40, 25), (20, 10)
PAGES = 3

_PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
_RAR = b"Rar!\x1a\x07\x01\x00" + b"no archive" * 50
_FORMATS = ((".jpg", "JPEG"), (".png", "PNG"), (".webp", "WEBP"), (".gif", "GIF"), (".bmp", "BMP"), (".tiff", "TIFF"))
_TEXT = b"This is a note that somebody renamed.\n" * 50


class Library:
    """Where it lies, and the names of its bad files by kind."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bad: dict[str, set[str]] = {}
        self.good: dict[str, int] = {}

    def add(self, kind: str, good: Iterator[tuple[str, bytes]], bad: Iterator[tuple[str, bytes]], counts) -> None:
        folder = self.root / kind
        folder.mkdir(parents=True)
        for number, (suffix, content) in enumerate(islice(good, counts[0])):
            self._write(folder / f"{kind} {number:03}{suffix}", content)
        self.good[kind] = counts[0]
        names = []
        for number, (suffix, content) in enumerate(islice(bad, counts[1])):
            names.append(f"bad {number:03}{suffix}")
            self._write(folder / names[-1], content)
        self.bad[kind] = set(names)

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        os.utime(path, (MADE, MADE))


def make(root: Path) -> Library:
    """The library in this folder, which is made."""
    library = Library(root)
    scratch = root.with_name(f"{root.name}.scratch")
    scratch.mkdir(parents=True)
    clips, sounds = _clips(scratch), _sounds(scratch)
    shutil.rmtree(scratch)
    library.add("films", _turns(clips), _bad(clips, _png(64, 48)), VIDEOS)
    library.add("pictures", _pictures(), _bad(_small(), b"<html><img></html>"), PICTURES)
    library.add("sounds", _turns(sounds), _bad(sounds, _png(32, 32)), AUDIO)
    library.add(
        "comics", _archives(), _bad([(".cbz", next(_archives())[1])], b"Rar!\x1a\x07\x01\x00" + _TEXT), ARCHIVES
    )
    return library


def _turns(files: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    while True:
        yield from files


def _bad(files: list[tuple[str, bytes]], foreign: bytes) -> Iterator[tuple[str, bytes]]:
    """Empty, a text, a playlist, something of another kind, and cut off in the header, under every name in turn."""
    spoils: tuple[Callable[[bytes], bytes], ...] = (
        lambda _: b"",
        lambda _: _TEXT,
        lambda _: _PLAYLIST,
        lambda _: foreign,
        lambda content: content[:24],
    )
    while True:
        for spoil in spoils:
            for suffix, content in files:
                yield suffix, spoil(content)


def _clips(scratch: Path) -> list[tuple[str, bytes]]:
    kinds = {".mp4": ("libx264", "aac"), ".mkv": ("libx264", "libopus"), ".avi": ("mpeg4", "libmp3lame")}
    picture, tone = "testsrc2=size=160x90:rate=12:duration=2", "sine=frequency=440:duration=2"
    made = []
    for suffix, (video, audio) in kinds.items():
        path = scratch / f"clip{suffix}"
        _ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-c:v", video, "-c:a", audio, "-g", "12", path)
        made.append((suffix, path.read_bytes()))
    return made


def _sounds(scratch: Path) -> list[tuple[str, bytes]]:
    made = [(".wav", _wav())]
    for suffix in (".mp3", ".flac", ".ogg", ".m4a"):
        path = scratch / f"sound{suffix}"
        _ffmpeg("-f", "lavfi", "-i", "sine=frequency=330:duration=1", "-metadata", "title=A tone", path)
        made.append((suffix, path.read_bytes()))
    return made


def _wav() -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(numpy.zeros(8000, "<i2").tobytes())
    return out.getvalue()


def _ffmpeg(*arguments: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _pictures() -> Iterator[tuple[str, bytes]]:
    for number in range(10_000):
        suffix, name = _FORMATS[number % len(_FORMATS)]
        yield suffix, _picture(name, 40 + number % 60, 30 + number % 40, number)


def _small() -> list[tuple[str, bytes]]:
    return list(islice(_pictures(), 4))


def _archives() -> Iterator[tuple[str, bytes]]:
    for number in range(10_000):
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for page in range(PAGES):
                archive.writestr(f"page{page + 1}.png", _picture("PNG", 32, 48, number * PAGES + page))
        yield (".zip" if number % 2 else ".cbz"), out.getvalue()


def _picture(format_name: str, width: int, height: int, seed: int) -> bytes:
    pixels = numpy.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=numpy.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, format_name)
    return out.getvalue()


def _png(width: int, height: int) -> bytes:
    return _picture("PNG", width, height, 1)
