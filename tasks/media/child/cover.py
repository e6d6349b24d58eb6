"""The cover that is in an audio file."""

from __future__ import annotations

from io import BytesIO

from PIL import UnidentifiedImageError

from tasks.media.child.container import RefusalError
from tasks.media.child.image.opening import NO_PICTURE, Size, fitted, load
from tasks.media.child.image.rendering import render, upright, write_jpeg


def write_cover(pictures: list[bytes], out: str, box: Size, quality: int) -> str | None:
    """Write the first of these pictures that can be shown to `out`, shrunk into `box`; why there is none, if so."""
    trouble = None
    for picture in pictures:
        try:
            _write(picture, out, box, quality)
        except UnidentifiedImageError:
            trouble = trouble or NO_PICTURE
        except RefusalError as refusal:
            trouble = trouble or str(refusal)
        else:
            return None
    return trouble


def _write(picture: bytes, out: str, box: Size, quality: int) -> None:
    loaded = load(BytesIO(picture), box)
    size = fitted(upright(loaded.size, loaded.orientation), box)
    write_jpeg(out, render(loaded.image, size, loaded.orientation), quality)
