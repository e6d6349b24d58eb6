"""A picture from elsewhere, made into a JPEG of ours: whatever else was in the file is not in it any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import UnidentifiedImageError

from tasks.media.child.container import RefusalError
from tasks.media.child.image.opening import NO_PICTURE, Size, fitted, load
from tasks.media.child.image.rendering import render, upright, write_jpeg


def cover(
    url: str, path: str, progress: Callable[[float], None], *, file: str, box: Size, quality: int
) -> dict[str, int]:
    """Write the picture, upright and shrunk into `box`, to `file`; say how large it became (pixels).

    Raises `RefusalError` for what is no picture, has too many pixels or cannot be decoded whole.
    """
    with Path(path).open("rb") as content:
        try:
            loaded = load(content, box)
        except UnidentifiedImageError:
            raise RefusalError(NO_PICTURE) from None
        if loaded.damage:
            raise RefusalError(loaded.damage)
        width, height = fitted(upright(loaded.size, loaded.orientation), box)
        write_jpeg(file, render(loaded.image, (width, height), loaded.orientation), quality)
        return {"width": width, "height": height}
