"""The cover that is in an audio file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import UnidentifiedImageError

from tasks.media.child.container import RefusalError
from tasks.media.child.image.opening import fitted, load
from tasks.media.child.image.rendering import render

#: Pixels that it fits into; it is never enlarged.
BOX = (640, 640)
QUALITY = 85


def write_cover(pictures: list[bytes], out: str) -> str | None:
    """Write the first of these pictures that can be shown to `out`, as JPEG; why there is none, if that is so."""
    trouble = None
    for picture in pictures:
        try:
            _write(picture, out)
        except UnidentifiedImageError:
            trouble = trouble or "it is no picture of a known format"
        except RefusalError as refusal:
            trouble = trouble or str(refusal)
        else:
            return None
    return trouble


def _write(picture: bytes, out: str) -> None:
    loaded = load(BytesIO(picture), BOX)
    shown = render(loaded.image, fitted(loaded.size, BOX), loaded.orientation)
    content = BytesIO()  # because Pillow forgets what the system says when it cannot write
    shown.save(content, "JPEG", quality=QUALITY)
    Path(out).write_bytes(content.getbuffer())
