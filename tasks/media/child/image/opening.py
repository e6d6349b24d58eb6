"""Somebody's picture: which formats are opened at all, how large it may be, and its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from PIL import (  # noqa: F401  (the plug-ins register themselves)
    AvifImagePlugin,
    Image,
    ImageFile,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)
from PIL.ExifTags import Base as Exif

from tasks.media.child.container import RefusalError

#: By Pillow's names; it knows many more, whose decoders nobody needs here.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "BMP", "TIFF")
#: Pixels to decode, at up to 4 bytes each. A JPEG is decoded at a fraction of its size, unless it is progressive: then
#: all of its coefficients are held first.
MOST_PIXELS = 179_000_000
MOST_JPEG_PIXELS = 1_000_000_000

NO_PICTURE = "This is no picture of a known format"

Size = tuple[int, int]

Image.MAX_IMAGE_PIXELS = None  # the check is made below, once the format is known
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True)
class Loaded:
    """A decoded picture, perhaps smaller than it is."""

    image: ImageFile.ImageFile
    #: Pixels, as stored.
    size: Size
    #: EXIF's number for how it is to be turned, 1 to 8.
    orientation: int
    #: What the decoder said of a picture that breaks off or is damaged; what there is of it is shown.
    damage: str | None


def fitted(size: Size, box: Size) -> Size:
    """The size of a picture that fits into a box, never enlarged."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def load(file: BinaryIO, box: Size) -> Loaded:
    """Decode the (first) picture of a file, at no less than what fits into `box`.

    Raises `UnidentifiedImageError` for what is no picture of the formats above, and `RefusalError` in the decoder's
    words for one of which nothing can be shown.
    """
    try:
        return _load(file, box)
    except _OURS:
        raise
    except Exception as error:
        damage = f"{error}" or type(error).__name__
    try:
        with _tolerant():
            loaded = _load(file, box)
    except _OURS:
        raise
    except Exception as error:
        raise RefusalError(damage) from error
    if _is_flat(loaded.image):
        raise RefusalError(damage)
    return Loaded(loaded.image, loaded.size, loaded.orientation, damage)


#: What says nothing about how the picture is encoded.
_OURS = (MemoryError, RefusalError, UnidentifiedImageError)


def _load(file: BinaryIO, box: Size) -> Loaded:
    file.seek(0)
    image = Image.open(file, formats=FORMATS)
    size = image.size
    _check_size(image)
    image.draft(None, fitted(size, box))
    image.load()
    return Loaded(image, size, _orientation(image), None)


def _check_size(image: ImageFile.ImageFile) -> None:
    width, height = image.size
    shrinks = image.format in {"JPEG", "MPO"} and not image.info.get("progressive")
    most = MOST_JPEG_PIXELS if shrinks else MOST_PIXELS
    if width * height > most:
        raise RefusalError(f"This picture has {width:,} x {height:,} pixels; the most is {most // 1_000_000:,} million")


def _orientation(image: Image.Image) -> int:
    """How the decoded picture is to be turned; decoders that have turned it say 1."""
    try:
        orientation = image.getexif().get(Exif.Orientation, 1)
    except Exception:  # whatever is wrong with its EXIF data, it can be shown
        return 1
    return orientation if orientation in range(1, 9) else 1


@contextmanager
def _tolerant() -> Iterator[None]:
    """Pillow's switch for files that break off is a global one."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _is_flat(image: Image.Image) -> bool:
    """Whether it is of one colour, as what is left of a file that breaks off before its first pixels is."""
    return all(low == high for low, high in extrema(image))


def extrema(image: Image.Image) -> list[tuple[float, float]]:
    """The least and the greatest value of each channel."""
    return [channel.getextrema() for channel in image.split()]  # type: ignore[misc]
