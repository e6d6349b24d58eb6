"""What is made of a picture, be it a file or a page of an archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.media.limits import MIB, Limits
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools

THUMBNAIL, CLIP = "thumb.jpg", "preview.mp4"
#: CPU seconds for the most costly thing that is allowed: the clip of a large video. Unpacking goes by so many bytes a
#: second at least.
CPU, SLOWEST_UNPACKING = 120.0, 4 * MIB


@dataclass(frozen=True)
class ImageHashes:
    """By which a picture is known again. Hexadecimal, lower case."""

    md5: str
    oshash: str
    #: goimagehash's perception hash of the picture as it is shown, within 640 x 640 pixels.
    phash: str


@dataclass(frozen=True)
class ImageThumbnail:
    """What a picture is, and what was made of it: file names inside the output folder."""

    #: Pixels, upright.
    width: int
    height: int
    #: As the content says, whatever the file is named: `jpeg`, `png`, ..., or libav's name of a video's container.
    format: str
    is_animated: bool
    #: The file breaks off or is damaged, and the thumbnail shows what there is of it.
    truncated: bool
    thumbnail: str
    #: The first seconds of what moves.
    clip: str | None
    clip_seconds: float | None
    hashes: ImageHashes | None


def image_thumbnail(
    tools: MediaTools, path: Path, out: Path, member: str | None = None, *, hashes: bool = False
) -> ImageThumbnail:
    """Make the thumbnail of a picture, or of a member of an archive, in the folder `out`, and a clip if it moves.

    The hashes cost little beside it, because they share the decode. Raises `PermanentError` in the decoder's words for
    what cannot be shown, `TransientError`, `CancelledError`.
    """
    with reading(path) as status, staged(out) as folder:
        files = {"thumbnail": str(folder / THUMBNAIL), "clip": str(folder / CLIP)}
        facts = _ask(tools, path, status.st_size, member, hashes, **files)
    if facts["clip_seconds"] is None:
        (out / CLIP).unlink(missing_ok=True)
    return _thumbnail(tools, facts)


def image_hashes(tools: MediaTools, path: Path, member: str | None = None) -> ImageHashes:
    """The hashes alone. Raises as `image_thumbnail` does: a picture that cannot be shown is not hashed."""
    with reading(path) as status:
        facts = _ask(tools, path, status.st_size, member, True, thumbnail=None, clip=None)
    return ImageHashes(**facts["hashes"])


def _ask(
    tools: MediaTools, path: Path, size: int, member: str | None, hashes: bool, **files: str | None
) -> dict[str, Any]:
    cpu = CPU + (size / SLOWEST_UNPACKING if member is not None else 0)
    limits = Limits(wall=60 + 4 * cpu, silence=60 + cpu, cpu=cpu)
    facts: dict[str, Any] = tools.ask(
        "image", path, limits, tools.control.progress, member=member, hashes=hashes, **files
    )
    if facts["damage"]:
        tools.control.log("warn", f"The picture is damaged, and shown as far as it goes: {facts['damage']}")
    return facts


def _thumbnail(tools: MediaTools, facts: dict[str, Any]) -> ImageThumbnail:
    moves, clip_seconds = facts["is_animated"], facts["clip_seconds"]
    if moves and clip_seconds is None:
        tools.control.log("warn", "There is no clip: none of its pictures can be decoded one after another")
    return ImageThumbnail(
        width=facts["width"],
        height=facts["height"],
        format=facts["format"],
        is_animated=moves,
        truncated=facts["damage"] is not None,
        thumbnail=THUMBNAIL,
        clip=CLIP if clip_seconds else None,
        clip_seconds=clip_seconds and round(clip_seconds, 3),
        hashes=ImageHashes(**facts["hashes"]) if facts["hashes"] else None,
    )
