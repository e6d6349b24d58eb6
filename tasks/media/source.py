"""The file that is worked on: a regular one, and the same one when the work is done."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.errors import PermanentError, TransientError
from tasks.media import verdict

EDGE = 64 * 1024


@contextmanager
def reading(path: Path) -> Iterator[os.stat_result]:
    """Work on `path` inside; its size and time are given, and compared afterwards.

    Raises `PermanentError` for what is gone or is no regular file (a FIFO would block whoever opens it), and
    `TransientError` when the file was replaced or written to meanwhile, whatever the work made of it, or when the disk
    fails. Operating system errors of the work itself are judged too.
    """
    before = _examine(path)
    try:
        yield before
    except OSError as error:
        _unchanged(path, before)
        raise verdict.of_os_error(error) from error
    except PermanentError:
        _unchanged(path, before)
        _readable(path)
        raise
    _unchanged(path, before)


def _examine(path: Path) -> os.stat_result:
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PermanentError(verdict.GONE) from error
    except OSError as error:
        raise verdict.of_os_error(error) from error
    if not stat.S_ISREG(facts.st_mode):
        raise PermanentError("This is no regular file")
    return facts


def _unchanged(path: Path, before: os.stat_result) -> None:
    after = _examine(path)
    if _identity(after) != _identity(before):
        raise TransientError("The file was changed while it was read")


def _identity(facts: os.stat_result) -> tuple[int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def _readable(path: Path) -> None:
    """A tool says `Input/output error` of a short file as of a failing disk: read both ends to tell them apart."""
    try:
        with path.open("rb", buffering=0) as file:
            file.read(EDGE)
            file.seek(max(0, path.stat().st_size - EDGE))
            file.read(EDGE)
    except OSError as error:
        raise verdict.of_os_error(error) from error
