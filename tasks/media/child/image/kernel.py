"""One decode of a picture, and all that is made of it: thumbnail, clip, hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from tasks.media.child import archives
from tasks.media.child.container import RefusalError
from tasks.media.child.image import animation, film
from tasks.media.child.image.clip import Moment, clip_size, encode
from tasks.media.child.image.opening import NO_PICTURE, Size, fitted, load
from tasks.media.child.image.rendering import render, upright, write_jpeg
from tasks.media.child.phash import perceptual_hash
from tasks.media.oshash import oshash

#: A thumbnail fits into this many pixels: a grid shows pictures about 300 pixels wide, on screens with two for one. A
#: page of a comic becomes 427 x 640, which is as wide as its grid needs it.
BOX = (640, 640)
QUALITY = 80

Progress = Callable[[float], None]
#: An open file, or what was unpacked of an archive.
Content = BufferedReader | BytesIO


@dataclass(frozen=True)
class Shown:
    """A picture as it is shown, at the size of a thumbnail, and the facts of the whole."""

    picture: Image.Image
    #: Pixels, upright.
    size: Size
    format: str
    #: What its decoder said, of one that is damaged.
    damage: str | None
    #: Its pictures at a given size, of one that moves.
    moments: Callable[[Size], Iterator[Moment]] | None


def image(
    url: str,
    path: str,
    progress: Progress,
    *,
    member: str | None,
    thumbnail: str | None,
    clip: str | None,
    hashes: bool,
) -> dict[str, Any]:
    """Decode a picture, or a member of an archive, once; write its thumbnail and clip to the files named.

    `hashes` are its MD5 and oshash, and the perceptual hash of what the thumbnail shows, which is that of the picture
    itself up to 640 pixels. Raises `RefusalError` for what cannot be shown.
    """
    with _content(path, member) as file:
        shown = _show(file, url if member is None else None, path, progress)
        if thumbnail:
            write_jpeg(thumbnail, shown.picture, QUALITY)
        progress(0.3)
        return {
            "width": shown.size[0],
            "height": shown.size[1],
            "format": shown.format,
            "damage": shown.damage,
            "is_animated": shown.moments is not None,
            "hashes": _hashes(file, shown.picture) if hashes else None,
            "clip_seconds": _clip(clip, shown, progress) if clip else None,
        }


@contextmanager
def _content(path: str, member: str | None) -> Iterator[Content]:
    if member is None:
        with Path(path).open("rb") as file:
            yield file
        return
    try:
        content = archives.opened(Path(path)).read(member)
    except RefusalError:
        archives.forget()
        raise
    yield content


def _show(file: Content, url: str | None, path: str, progress: Progress) -> Shown:
    """By content: a picture is tried first, a video where it is none. Members of archives are pictures only."""
    if not file.read(1):
        raise RefusalError("The file is empty")
    try:
        loaded = load(file, BOX)
    except UnidentifiedImageError:
        if url is None:
            raise RefusalError(NO_PICTURE) from None
        return _show_film(url, path, progress)
    size = upright(loaded.size, loaded.orientation)
    moves = animation.is_animated(loaded)
    return Shown(
        render(loaded.image, fitted(size, BOX), loaded.orientation),
        size,
        "jpeg" if loaded.image.format == "MPO" else str(loaded.image.format).lower(),
        loaded.damage,
        partial(animation.moments, loaded) if moves else None,
    )


def _show_film(url: str, path: str, progress: Progress) -> Shown:
    try:
        seen = film.look(url, path, BOX, progress)
    except av.error.FFmpegError as error:
        raise RefusalError(f"{NO_PICTURE}, nor a video") from error
    return Shown(seen.still, seen.size, seen.format, None, partial(film.moments, url))


def _hashes(file: Content, picture: Image.Image) -> dict[str, str]:
    size = file.seek(0, 2)
    file.seek(0)
    return {
        "md5": hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest(),
        "oshash": oshash(file, size),
        "phash": perceptual_hash(np.asarray(picture)),
    }


def _clip(file: str, shown: Shown, progress: Progress) -> float | None:
    """Write the clip of what moves; its seconds. There is none where none of its pictures can be decoded."""
    if shown.moments is None:
        return None
    size = clip_size(shown.size)
    seconds = encode(file, size, shown.moments(size), lambda done: progress(0.3 + 0.7 * done))
    if not seconds:
        Path(file).unlink(missing_ok=True)
    return seconds or None
