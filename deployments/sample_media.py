"""The pictures, the comic and the audiobook of the sample library, drawn and sung here."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

#: Runs ffmpeg with these arguments, or raises.
Encode = Callable[[list[str]], None]

PICTURES = "Pictures/Quay"
#: Without leading zeros, so that 10 comes behind 9 only for those who count as people do.
QUAY = tuple(f"quay {number}.jpg" for number in range(1, 13, 2))
COMIC, PAGES = "Pictures/Harbour Tales.cbz", 4
BOOK = "Books/The Lamp Keeper"
PARTS = ("01 - Dusk.mp3", "02 - Dawn.mp3")
COVER = "cover.jpg"
#: Seconds of one part.
PART = 6


def add(library: Path, encode: Encode) -> None:
    """Put them into the library's folder."""
    for folder in (PICTURES, BOOK):
        (library / folder).mkdir(parents=True)
    for number, name in enumerate(QUAY):
        (library / PICTURES / name).write_bytes(_drawn(480, 320, number))
    with zipfile.ZipFile(library / COMIC, "w") as comic:
        for page in range(PAGES):
            member = zipfile.ZipInfo(f"page {page + 1}.jpg", (2023, 11, 14, 22, 13, 20))
            comic.writestr(member, _drawn(360, 540, 20 + page))
    (library / BOOK / COVER).write_bytes(_drawn(600, 600, 40))
    for number, name in enumerate(PARTS):
        encode(_part(library / BOOK / name, number))


def _drawn(width: int, height: int, number: int) -> bytes:
    """A harbour by night, another one for each number; JPEG."""
    image = Image.new("RGB", (width, height), (7, 8, 11))
    draw = ImageDraw.Draw(image)
    horizon = height * 2 // 3
    draw.rectangle((0, horizon, width, height), fill=(13, 20 + number, 38))
    for lamp in range(3 + number % 5):
        x = (lamp * 97 + number * 41) % width
        draw.rectangle((x, horizon - 40 - lamp * 9, x + 5, horizon), fill=(60, 60, 66))
        draw.ellipse((x - 6, horizon - 52 - lamp * 9, x + 11, horizon - 35 - lamp * 9), fill=(196, 154, 90))
        draw.line((x + 2, horizon, x + 2 - number % 9, height), fill=(120, 96, 60), width=2)
    out = BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def _part(file: Path, number: int) -> list[str]:
    words = {"title": file.stem[5:], "album": "The Lamp Keeper", "artist": "A. Harbour", "track": f"{number + 1}/2"}
    tags = [argument for name, value in words.items() for argument in ("-metadata", f"{name}={value}")]
    tone = f"sine=frequency={196 + 65 * number}:sample_rate=44100:duration={PART}"
    sound = ["-f", "lavfi", "-i", tone, "-c:a", "libmp3lame", "-b:a", "48k", "-fflags", "+bitexact"]
    return [*sound, *tags, f"file:{file}"]
