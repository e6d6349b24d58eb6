"""Removing what a usenet client leaves of a finished download: that and nothing else, whatever the client says."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from tasks.errors import PermanentError
from tasks.media import verdict

#: Parts that a path has at least, its root among them: `/srv` is nobody's download.
DEPTH = 3


def remove(paths: Iterable[Path], *, library: Path | None, keep: Iterable[Path]) -> None:
    """Remove files and folders. One that is not there is removed already.

    Raises:
        PermanentError: one of them lies in the library, holds something of `keep`, or may not be removed; it stays.
        TransientError: the disk fails.
    """
    kept = [each.resolve() for each in (*keep, *([library] if library else []))]
    for path in paths:
        if path.is_symlink() or not path.exists():
            continue
        real = path.resolve()
        shared = len(real.parts) < DEPTH or real.is_mount() or any(each.is_relative_to(real) for each in kept)
        if shared or (library and real.is_relative_to(library.resolve())):
            raise PermanentError(f"{path} is not removed: more than this download may be in it. Look, and remove it.")
        _remove(real)


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        judged = verdict.of_os_error(error)
        raise type(judged)(f"{path} cannot be removed: {judged}") from error
