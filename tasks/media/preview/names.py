"""What the files of a preview are called: in a folder of their own in the cache, and beside the video."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from tasks.media.staging import PREFIX

THUMBNAIL, CARD, CLIP, SPRITE, TRICKPLAY = "thumbnail.jpg", "card.jpg", "preview.mp4", "sprite.jpg", "trickplay.vtt"

#: What is put behind the video's name without its extension. None of these is imported by a scan: see
#: `tasks.library.files`.
BESIDE = {
    THUMBNAIL: "-thumb.jpg",
    CARD: "-card.jpg",
    CLIP: "-preview.mp4",
    SPRITE: "-sprite.jpg",
    TRICKPLAY: "-trickplay.vtt",
}
#: The folder, beside a video, in which such files are made first, with the video's number behind it.
PART = f"{PREFIX}beside-"


def beside(video: Path) -> dict[str, Path]:
    """Where each file lies when it lies beside the video, by its name in the cache."""
    stem = os.path.splitext(video.name)[0]  # noqa: PTH122  (`Path.stem` takes ".mkv" for a name without extension)
    return {name: video.with_name(f"{stem}{suffix}") for name, suffix in BESIDE.items()}


def url(file: Path) -> str:
    """How a file names another that lies in the same folder."""
    return quote(os.fsencode(file.name))
