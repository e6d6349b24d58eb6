"""A file of a download under a name of the library: a second name for it, or a copy. The download stays as it is."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tasks.control import Control
from tasks.errors import TransientError
from tasks.media.source import reading

#: Bytes between two looks at whether somebody wants it to stop.
CHUNK = 16 << 20
#: What a disk keeps for others.
ROOM = 64 << 20
#: The kernel cannot copy between these two by itself: another device, a network share, an old system.
_BY_HAND = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EBADF})

Tick = Callable[[int], None]


def link(source: Path, target: Path) -> bool:
    """Whether the file could have a second name: not on another disk, nor where links are unknown or forbidden."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        return False
    return True


def copy(source: Path, target: Path, control: Control, tick: Tick) -> None:
    """Copy the content of a file to a new one, by the file system itself where that can; `tick` hears of bytes done.

    Raises:
        TransientError: the disk is full or fails, or the file changed meanwhile.
        PermanentError: it is no regular file.
        CancelledError: somebody wants it to stop.
    """
    with reading(source) as facts:
        check_room(target.parent, facts.st_size)
        opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(opened, "rb", buffering=0) as reader, target.open("xb", buffering=0) as writer:
            _pour(reader.fileno(), writer.fileno(), control, tick)
            os.fsync(writer.fileno())


def check_room(folder: Path, size: int) -> None:
    """Raises `TransientError` where so many bytes do not fit on the disk of the folder."""
    free = shutil.disk_usage(folder).free
    if free < size + ROOM:
        wanted, left = (f"{amount / (1 << 20):,.0f} MiB" for amount in (size, free))
        raise TransientError(f"The disk of the library is full: {wanted} are wanted, {left} are free. Make room there.")


def is_same(one: Path, other: Path, control: Control) -> bool:
    """Whether two files have the same content, which two names of one file have anyway."""
    first, second = one.stat(), other.lstat()
    if first.st_size != second.st_size or not other.is_file() or other.is_symlink():
        return False
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    with one.open("rb", buffering=0) as left, other.open("rb", buffering=0) as right:
        while chunk := left.read(CHUNK):
            control.check()
            if chunk != right.read(len(chunk)):
                return False
    return True


def _pour(reader: int, writer: int, control: Control, tick: Tick) -> None:
    by_hand = False
    while True:
        control.check()
        done = _write(reader, writer) if by_hand else _hand_over(reader, writer)
        if done is None:
            by_hand = True
        elif done == 0:
            return
        else:
            tick(done)


def _hand_over(reader: int, writer: int) -> int | None:
    """Have the kernel copy, which shares the blocks where the file system can; None where it cannot."""
    if not hasattr(os, "copy_file_range"):
        return None
    try:
        return os.copy_file_range(reader, writer, CHUNK)
    except OSError as error:
        if error.errno in _BY_HAND:
            return None
        raise


def _write(reader: int, writer: int) -> int:
    chunk = memoryview(os.read(reader, CHUNK))
    size = len(chunk)
    while chunk:
        chunk = chunk[os.write(writer, chunk) :]
    return size
