"""Real audio files, each made once: good ones of every kind, and bad ones."""

from __future__ import annotations

import os
import struct
import subprocess
import wave
import zlib
from collections.abc import Callable
from pathlib import Path

from tasks.media.runner import executable

SECONDS = 5
#: Noise that swells and fades under a tone: unlike the tone alone, it has something to know it by.
NOISE = f"anoisesrc=d={SECONDS}:c=pink:a=0.4:seed=7,tremolo=f=0.7:d=0.9,aformat=channel_layouts=stereo"
SOUND = ("-f", "lavfi", "-i", NOISE)
LONG = ("-f", "lavfi", "-i", "anoisesrc=d=130:r=16000:c=pink:a=0.4:seed=5,tremolo=f=0.3:d=0.9")
METADATA = """;FFMETADATA1
title=The Ninth House
artist=Ann Leckie; Bo Ek
album=Houses
album_artist=Ann Leckie
composer=Adjoa Andoh
track=3/9
disc=1/2
date=2019-04-05
genre=Audiobook
comment=Read with care
"""
CHAPTERS = """[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=One
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=5000
title=Zwölf
"""

#: What ffmpeg is told for each good file, without the name of the output.
FORMATS: dict[str, tuple[str, ...]] = {
    "sound.mp3": ("-c:a", "libmp3lame", "-b:a", "64k"),
    "sound.flac": ("-c:a", "flac"),
    "sound.ogg": ("-c:a", "libvorbis"),
    "sound.opus": ("-c:a", "libopus"),
    "sound.m4a": ("-c:a", "aac"),
    "sound.m4b": ("-c:a", "aac", "-f", "mp4"),
    "sound.wma": ("-c:a", "wmav2"),
    "sound.wav": ("-c:a", "pcm_s24le"),
    "sound.aiff": ("-c:a", "pcm_s16be", "-write_id3v2", "1"),
    "sound.wv": ("-c:a", "wavpack"),
    "sound.tta": ("-c:a", "tta"),
    "sound.mka": ("-c:a", "libopus"),
    "sound.webm": ("-c:a", "libopus"),
    "alac.m4a": ("-c:a", "alac"),
}
#: Of these, the ones that hold chapters, and the ones that hold a cover.
WITH_CHAPTERS = ("sound.mp3", "sound.opus", "sound.m4a", "sound.m4b", "sound.wma", "sound.mka")
WITH_COVER = ("cover.mp3", "cover.flac", "cover.m4a", "cover.m4b", "cover.mka")

Maker = Callable[["Sounds", Path], None]


class Sounds:
    """The folder of the sounds of one session. `sounds["sound.mp3"]` makes the file when it is first wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "metadata.txt").write_text(METADATA + CHAPTERS)

    def __getitem__(self, name: str) -> Path:
        path = self.folder / name
        if not os.path.lexists(path):
            if name in FORMATS:
                self.ffmpeg(*SOUND, "-i", "metadata.txt", "-map_metadata", "1", *FORMATS[name], name)
            else:
                OTHERS[name](self, path)
        return path

    def ffmpeg(self, *arguments: str | Path) -> None:
        argv = [executable(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
        subprocess.run(argv, check=True, cwd=self.folder)

    def picture(self, name: str = "picture.png", size: str = "900x600") -> Path:
        path = self.folder / name
        if not path.exists():
            self.ffmpeg("-f", "lavfi", "-i", f"testsrc=s={size}", "-frames:v", "1", "-f", "image2", "-c:v", "png", name)
        return path


def write_wave(path: Path, samples: list[tuple[int, ...]], *, width: int = 2, rate: int = 8000) -> Path:
    """A WAV file by Python's own writer; each of `samples` has one number for each channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples[0]))
        file.setsampwidth(width)
        file.setframerate(rate)
        signed = width > 1
        file.writeframes(b"".join(n.to_bytes(width, "little", signed=signed) for frame in samples for n in frame))
    return path


def id3(frames: bytes) -> bytes:
    """An ID3v2.4 tag of these frames."""
    return b"ID3\x04\x00\x00" + _syncsafe(len(frames)) + frames


def id3_frame(name: bytes, data: bytes, flags: int = 0) -> bytes:
    return name + _syncsafe(len(data)) + struct.pack(">H", flags) + data


def picture_frame(data: bytes, kind: int = 3) -> bytes:
    return id3_frame(b"APIC", b"\x00image/png\x00" + bytes([kind]) + b"\x00" + data)


def _syncsafe(number: int) -> bytes:
    return bytes((number >> shift) & 127 for shift in (21, 14, 7, 0))


TITLE = id3_frame(b"TIT2", b"\x03Still a title")


def tagged(frames: Callable[[], bytes]) -> Maker:
    """An MP3 with these frames before its sound."""
    return lambda sounds, path: path.write_bytes(id3(frames()) + sounds["bare.mp3"].read_bytes()) and None


def _covered(sounds: Sounds, path: Path) -> None:
    """The picture as each container holds one: matroska has it attached as a file."""
    source, cover = sounds[f"sound{path.suffix}"], sounds.picture()
    if path.suffix == ".mka":
        attach = ("-attach", cover, "-metadata:s:t", "mimetype=image/png", "-metadata:s:t", "filename=cover.png")
        sounds.ffmpeg("-i", source, "-map", "0", "-c", "copy", *attach, path.name)
        return
    container = ("-f", "mp4") if path.suffix == ".m4b" else ()
    maps = ("-map", "0:a", "-map", "1:v", "-map_metadata", "0", "-c", "copy", "-disposition:v", "attached_pic")
    sounds.ffmpeg("-i", source, "-i", cover, *maps, *container, path.name)


def _cut(source: str, keep: float) -> Maker:
    def make(sounds: Sounds, path: Path) -> None:
        data = sounds[source].read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return make


def _bytes(data: bytes) -> Maker:
    return lambda _, path: path.write_bytes(data) and None


def _made(*arguments: str) -> Maker:
    return lambda sounds, path: sounds.ffmpeg(*arguments, path.name)


def _bare(sounds: Sounds, path: Path) -> None:
    sounds.ffmpeg(*SOUND, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", path.name)


def _faststart(sounds: Sounds, path: Path) -> None:
    sounds.ffmpeg("-i", sounds["sound.m4a"], "-c", "copy", "-movflags", "+faststart", path.name)


def _lying(sounds: Sounds, path: Path) -> None:
    """Its header counts two thousand million frames."""
    data = bytearray(sounds["sound.mp3"].read_bytes())
    at = max(data.find(b"Xing"), data.find(b"Info"))
    data[at + 8 : at + 12] = struct.pack(">I", 2_000_000_000)
    path.write_bytes(data)


def _endless(sounds: Sounds, path: Path) -> None:
    """As it is written to a pipe: its header says 4 GB."""
    data = bytearray(sounds["sound.wav"].read_bytes())
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    path.write_bytes(data)


def _silent(sounds: Sounds, path: Path) -> None:
    data = sounds["sound.wav"].read_bytes()
    path.write_bytes(data[: data.index(b"data")] + b"data\x00\x00\x00\x00")


def _two_rates(sounds: Sounds, path: Path) -> None:
    """Two seconds at one rate, then two at another, in one stream."""
    for rate in ("22050", "44100"):
        tone = ("-f", "lavfi", "-i", f"sine=d=2:r={rate}")
        sounds.ffmpeg(*tone, "-c:a", "aac", "-f", "adts", f"{rate}.aac")
    path.write_bytes(b"".join((sounds.folder / f"{rate}.aac").read_bytes() for rate in ("22050", "44100")))


def _dsf(_: Sounds, path: Path) -> None:
    """A second of DSD64, as Sony's specification has it: one block of every 4096 bytes for each channel."""
    blocks = -(-2_822_400 // 8 // 4096)
    data = bytes([0x69]) * (blocks * 4096 * 2)
    fmt = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 2, 2, 2_822_400, 1, 2_822_400, 4096, 0)
    total = 28 + len(fmt) + 12 + len(data)
    path.write_bytes(
        struct.pack("<4sQQQ", b"DSD ", 28, total, 0) + fmt + struct.pack("<4sQ", b"data", 12 + len(data)) + data
    )


def _many_chapters(sounds: Sounds, path: Path) -> None:
    marks = (f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={n}\nEND={n + 1}\ntitle=Chapter {n}\n" for n in range(5000))
    (sounds.folder / "many.txt").write_text(";FFMETADATA1\n" + "".join(marks))
    container = ("-f", "mp4") if path.suffix == ".m4b" else ()
    sounds.ffmpeg("-i", sounds["sound.wav"], "-i", "many.txt", "-map", "0", "-map_metadata", "1", *container, path.name)


def _video_alone(sounds: Sounds, path: Path) -> None:
    sounds.ffmpeg("-f", "lavfi", "-i", "testsrc=d=1", "-f", "mp4", path.name)


def _picture(sounds: Sounds, path: Path) -> None:
    path.write_bytes(sounds.picture().read_bytes())


def _playlist(text: str) -> Maker:
    return lambda sounds, path: path.write_text(text.format(sounds["sound.mp3"])) and None


def _fifo(_: Sounds, path: Path) -> None:
    os.mkfifo(path)


def png_bomb(side: int) -> bytes:
    """A PNG of `side` x `side` black pixels, of one bit each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(side)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _inflating_tag() -> bytes:
    """A compressed ID3 frame of 320 MB, more than tags may take."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(320)) + packer.flush()
    return id3_frame(b"TXXX", _syncsafe((1 << 28) - 1) + packed, 0x0009)


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{}\n#EXT-X-ENDLIST\n"

OTHERS: dict[str, Maker] = {
    **dict.fromkeys(WITH_COVER, _covered),
    "bare.mp3": _bare,
    "variable.mp3": _made(*SOUND, "-c:a", "libmp3lame", "-q:a", "5", "-write_xing", "0"),
    "sound.aac": _made(*SOUND, "-c:a", "aac", "-f", "adts"),
    "long.mp3": _made(*LONG, "-c:a", "libmp3lame", "-b:a", "64k"),
    "long.flac": _made(*LONG, "-c:a", "flac"),
    "short.wav": _made("-f", "lavfi", "-i", "sine=d=1"),
    "two-rates.aac": _two_rates,
    "sound.dsf": _dsf,
    "faststart.m4a": _faststart,
    "lying.mp3": _lying,
    "endless.wav": _endless,
    "cut.mp3": _cut("sound.mp3", 0.5),
    "cut.m4a": _cut("faststart.m4a", 0.5),
    "cut.wav": _cut("sound.wav", 0.5),
    "cut.flac": _cut("sound.flac", 0.5),
    "many.mp3": _many_chapters,
    "many.m4b": _many_chapters,
    "misnamed.mp3": lambda sounds, path: path.write_bytes(sounds["sound.m4a"].read_bytes()) and None,
    "inflating.mp3": tagged(lambda: TITLE + _inflating_tag()),
    "bomb-cover.mp3": tagged(lambda: TITLE + picture_frame(png_bomb(30_000))),
    "huge-cover.mp3": tagged(lambda: TITLE + picture_frame(bytes(40 << 20))),
    "no-cover.mp3": tagged(lambda: TITLE + picture_frame(b"This is no picture.")),
    "empty.mp3": _bytes(b""),
    "random.mp3": _bytes(bytes((n * n * 31 + n // 7) % 256 for n in range(50_000))),
    "text.mp3": _bytes(b"These are words.\n" * 500),
    "without-moov.m4b": _cut("sound.m4b", 0.3),
    "cut-header.ogg": _cut("sound.ogg", 0.01),
    "silent.wav": _silent,
    "video.m4a": _video_alone,
    "picture.mp3": _picture,
    "playlist.mp3": _playlist(HLS),
    "list.mp3": _playlist("#EXTM3U\n{}\n"),
    "concat.ogg": _playlist("ffconcat version 1.0\nfile {}\n"),
    "fifo.mp3": _fifo,
}

#: Of these, the ones that no kernel accepts, with some of the words that say why.
BAD = {
    "empty.mp3": "Invalid data found",
    "random.mp3": "Invalid data found",
    "text.mp3": "Invalid data found",
    "without-moov.m4b": "moov atom not found",
    "cut-header.ogg": "End of file",
    "silent.wav": "No sound of this file can be decoded",
    "video.m4a": "There is no sound in this file, only video",
    "picture.mp3": "Format not on whitelist",
    "playlist.mp3": "Invalid data found",
    "list.mp3": "Invalid data found",
    "concat.ogg": "Format not on whitelist",
    "fifo.mp3": "This is no regular file",
}
