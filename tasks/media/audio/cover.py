"""Covers of tracks and of the libraries that they are in."""

from __future__ import annotations

import shutil
from pathlib import Path

from tasks.errors import PermanentError
from tasks.media.limits import Limits
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools

COVER = "cover.jpg"
#: Beside a track's own cover: that of its library, until it is decided whether the library takes it.
CANDIDATE = "library-cover.jpg"
PREFIX = ".part-cover-"
LIMITS = Limits(wall=60, silence=60, cpu=30)
#: Pixels that a cover fits into, and Pillow's quality of its JPEG.
BOX, QUALITY = (640, 640), 85


def library_cover(tools: MediaTools, picture: Path, out: Path) -> Path | None:
    """Make a cover of a picture file, in the folder `out`; a warning and none where the picture cannot be shown.

    Raises `TransientError` when the disk fails or the picture changes meanwhile.
    """
    try:
        with reading(picture), staged(out, prefix=PREFIX) as folder:
            tools.ask("cover", picture, LIMITS, file=str(folder / CANDIDATE), box=BOX, quality=QUALITY)
    except PermanentError as refusal:
        tools.control.log("warn", f"The picture in the folder is no cover: {refusal}")
        return None
    return out / CANDIDATE


def publish(cover: Path | None, out: Path) -> bool:
    """Make a copy of `cover` the cover in the folder `out`; False, and none is there, when there is none.

    Only one job at a time may do so for one folder.
    """
    if cover is None or not cover.is_file():
        (out / COVER).unlink(missing_ok=True)
        return False
    with staged(out, prefix=PREFIX) as folder:
        shutil.copyfile(cover, folder / COVER)
    return True
