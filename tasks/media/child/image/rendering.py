"""Any picture as a browser shows it: upright, in sRGB, on white, eight bits a channel."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms
from PIL.Image import Transpose

from tasks.media.child.image.opening import Size, extrema

#: By EXIF's orientation, what turns the picture upright.
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
#: What the brightest pixel of a picture without a declared range may stand for; the first that it does not exceed.
WHITES = (1, 255, 65_535)


def upright(size: Size, orientation: int) -> Size:
    """The size of a picture once it is turned, or, of one that is shown in that size, as it is stored."""
    return (size[1], size[0]) if orientation >= 5 else size


def render(image: Image.Image, size: Size, orientation: int) -> Image.Image:
    """The picture in RGB, of `size` once it is turned upright. It is shrunk first: all else costs by the pixel."""
    profile = image.info.get("icc_profile")
    small = _with_channels(image).resize(upright(size, orientation), Image.Resampling.LANCZOS, reducing_gap=1.0)
    shown = _in_srgb(_on_white(small), profile)
    return shown.transpose(TURNS[orientation]) if orientation in TURNS else shown


def write_jpeg(file: str, picture: Image.Image, quality: int) -> None:
    """Encoded in memory first, because Pillow forgets what the system says when it cannot write."""
    content = BytesIO()
    picture.save(content, "JPEG", quality=quality)
    Path(file).write_bytes(content.getbuffer())


def _with_channels(image: Image.Image) -> Image.Image:
    """The picture with 8-bit channels that can be averaged: no palette, no bits, no wide numbers."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "P":
        return image.convert("RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return _scaled(image if image.mode == "I;16" else image.convert("I"), 65_535)
    if image.mode in {"I", "F"}:
        ((_, high),) = extrema(image)
        return _scaled(image, next((white for white in WHITES if high <= white), high))
    return image


def _scaled(image: Image.Image, white: float) -> Image.Image:
    return image.point(lambda value: value * (255 / white)).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """By its colour profile; one that is broken, or belongs to pictures with other channels, is ignored."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if not ImageCms.getProfileDescription(source).startswith("sRGB"):
                converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
                return converted or image.convert("RGB")
    return image.convert("RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
