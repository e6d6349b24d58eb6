"""Which files count, and reading small ones safely."""

from __future__ import annotations

import os
import re
import stat
from typing import BinaryIO

VIDEO_EXTENSIONS = frozenset(
    {".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".wmv", ".flv", ".ts", ".m2ts", ".mpg", ".mpeg"}
)
PICTURE_EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".bmp", ".tiff", ".tif"})
#: Videos that a gallery shows as moving pictures where no videos are looked for.
MOVING_EXTENSIONS = frozenset({".webm", ".mp4", ".m4v", ".mkv", ".mov", ".avi", ".wmv", ".flv"})
ARCHIVE_EXTENSIONS = frozenset({".zip", ".cbz", ".rar", ".cbr", ".7z", ".cb7", ".tar", ".cbt"})
AUDIO_EXTENSIONS = frozenset(
    {".mp3", ".flac", ".wav", ".ogg", ".oga", ".aac", ".m4a", ".m4b", ".wma", ".opus", ".aiff", ".aif"}
    | {".alac", ".ape", ".dsf", ".dff", ".wv", ".mka"}
)
#: Folders that file systems and storage boxes keep for themselves: found files, thumbnails, rubbish.
SYSTEM_FOLDERS = frozenset({"lost+found", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information"})

_LARGEST = 2**63 - 1
_NO_FILE = "is no regular file of this library"
_GENERATED = re.compile(r"[-._](?:preview|thumb|sprite|sample|card|trickplay)$", re.IGNORECASE)


def extension(name: str) -> str:
    """The extension with its dot, in lower case; empty where there is none."""
    head, dot, tail = name.rpartition(".")
    return f".{tail.lower()}" if dot and head else ""


def is_own(name: str) -> bool:
    """Whether a file of this name, which has an extension, is somebody's own: not hidden, not made from another."""
    return not name.startswith(".") and not _GENERATED.search(name, 0, name.rindex("."))


def is_video(name: str) -> bool:
    """Whether a file of this name is a video that belongs to the library."""
    return extension(name) in VIDEO_EXTENSIONS and is_own(name)


def storable(nanoseconds: int) -> int:
    """A file's time within 64 bits: file systems claim any."""
    return min(max(nanoseconds, -_LARGEST), _LARGEST)


def regular_file(path: str, root: str) -> os.stat_result | None:
    """What the regular file at `path` is; None for anything else.

    A link counts only where it leads to a regular file inside `root` (itself free of links): a library must not show
    what lies outside of it.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        target = os.path.realpath(path)
        if not target.startswith(f"{root.rstrip('/')}/"):
            return None
        try:
            found = os.lstat(target)
        except OSError:
            return None
    return found if stat.S_ISREG(found.st_mode) else None


def open_regular(path: str, root: str) -> BinaryIO:
    """Open the regular file at `path` for reading, and nothing else.

    Raises:
        ValueError: it is no regular file inside `root`.
        OSError: it cannot be read.
    """
    if regular_file(path, root) is None:
        raise ValueError(_NO_FILE)
    # Not blocking: what was a file a moment ago may be a FIFO now, and opening that would wait for ever.
    opened = os.open(os.path.realpath(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    file = os.fdopen(opened, "rb")
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        file.close()
        raise ValueError(_NO_FILE)
    return file


def read_small(path: str, root: str, limit: int) -> bytes:
    """The content of the regular file at `path`.

    Raises:
        ValueError: it is no regular file inside `root`, or longer than `limit` bytes.
        OSError: it cannot be read.
    """
    with open_regular(path, root) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"is longer than {limit:,} bytes")
    return content
