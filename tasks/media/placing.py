"""Bringing generated files to another place, whole, while what is there now can still be used."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tasks.media.preview import vtt

#: What is no UTF-8 stays as it is.
_UTF8: dict[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape"}


class Identity(NamedTuple):
    """What tells one content of a file from another: its bytes, and when they were written."""

    file_size: int
    file_mtime_ns: int


class Copy(NamedTuple):
    """A file to bring elsewhere. A trickplay file names the sprite by `sprite`, where that is given."""

    source: Path
    target: Path
    sprite: str | None = None


def identity(path: Path) -> Identity | None:
    """The identity of a regular file; None for what is none, or is not there."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Identity(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def bring(
    copies: Sequence[Copy], scratch: Path, announce: Callable[[Mapping[Path, Identity]], None] = lambda _: None
) -> int:
    """Make each source appear at its target too, replacing what is there; returns the bytes. Sources stay.

    All targets lie in the folder of `scratch`, a name that is free for a folder in which they are made first. Before
    the first of them appears, `announce` hears what they will be. Killed at any moment, each target is the old file or
    the new one, and calling it again goes on.

    Raises:
        OSError: a file cannot be read or written; what had appeared until then stays.
    """
    with _folder(scratch) as folder:
        for copy in copies:
            _write(copy, folder / copy.target.name)
        made = {copy.target: _identity(folder / copy.target.name) for copy in copies}
        announce(made)
        for target in made:
            os.replace(folder / target.name, target)  # noqa: PTH105
    _flush(scratch.parent)
    return sum(found.file_size for found in made.values())


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(copy: Copy, to: Path) -> None:
    if identity(copy.source) is None:
        raise FileNotFoundError(f"{copy.source.name} is no regular file")
    if copy.sprite is not None:
        to.write_text(vtt.naming(copy.source.read_text(**_UTF8), copy.sprite), **_UTF8)
    elif _linked(copy.source, to):
        return
    else:
        shutil.copyfile(copy.source, to, follow_symlinks=False)
    with to.open("rb+") as file:
        os.fsync(file.fileno())


def _linked(source: Path, to: Path) -> bool:
    """Whether the file could have a second name: not on another device, nor on a file system that knows no links."""
    try:
        os.link(source, to, follow_symlinks=False)
    except OSError:
        return False
    return True


def _identity(path: Path) -> Identity:
    found = path.lstat()
    return Identity(found.st_size, found.st_mtime_ns)


def _flush(folder: Path) -> None:
    """Have the names of the files on the disk before anybody counts on them."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
