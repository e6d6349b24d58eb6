"""Pictures for tests, drawn by Pillow: four corners of known colours, in every format and manner of storing them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, YELLOW = (220, 20, 20), (20, 180, 20), (20, 20, 220), (220, 220, 20)
#: The corners of the drawing: top left, top right, bottom left, bottom right.
CORNERS = (RED, GREEN, BLUE, YELLOW)
ORIENTATION = 0x0112


def drawing(width: int = 960, height: int = 640) -> Image.Image:
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(CORNERS):
        x, y = number % 2 * (width // 2), number // 2 * (height // 2)
        draw.rectangle((x, y, x + width // 2, y + height // 2), fill=colour)
    return image


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    """The colours in the middle of each quarter."""
    places = [(x, y) for y in (1, 3) for x in (1, 3)]
    rgb = image.convert("RGB")
    return [rgb.getpixel((x * image.width // 4, y * image.height // 4)) for x, y in places]


def near(found: list[tuple[int, int, int]], wanted, slack: int = 12) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(abs(a - b) <= slack for one, other in pairs for a, b in zip(one, other, strict=True))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags.tobytes()


def animation(kind: str, milliseconds: int = 100, count: int = 10) -> bytes:
    """From white to black, so that each picture says when it is from."""
    shades = [255 - number * 255 // (count - 1) for number in range(count)]
    first, *others = [Image.new("RGB", (400, 300), (shade, shade, shade)) for shade in shades]
    return encoded(first, kind, save_all=True, append_images=others, duration=milliseconds, loop=0)


def swapped_profile() -> bytes:
    """A colour profile by which red is blue, and blue red."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.find(b"rXYZ"), profile.find(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "qRGB".encode("utf-16-be"))


def png_of(width: int, height: int, pixels: bytes = b"", extra: bytes = b"", more: bytes = b"") -> bytes:
    """A grey PNG that claims to be of this size, with compressed pixels and further chunks before and after them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + more + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def black(width: int, height: int) -> bytes:
    """The compressed pixels of a black PNG, made a row at a time."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()


def tiresome_png(width: int, height: int, count: int) -> bytes:
    """An animation of so many whole pictures, which costs its maker one."""
    pixels = black(width, height)
    controls = [struct.pack(">IIIIIHHBB", max(0, 2 * n - 1), width, height, 0, 0, 40, 1000, 0, 0) for n in range(count)]
    first, *others = [chunk(b"fcTL", control) for control in controls]
    frames = [control + chunk(b"fdAT", struct.pack(">I", 2 * n) + pixels) for n, control in enumerate(others, 1)]
    return png_of(width, height, pixels, chunk(b"acTL", struct.pack(">II", count, 0)) + first, b"".join(frames))


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A JPEG of 64 x 64 pixels whose header says otherwise."""
    data = bytearray(encoded(drawing(64, 64), "JPEG"))
    place = data.find(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
