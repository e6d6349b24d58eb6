"""Outputs appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".part-"


@contextmanager
def staged(out: Path, *, prefix: str = PREFIX, publish: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """A new folder inside `out` to write into; what is in it when the work went well is moved to `out`, by renaming,
    unless `publish` brings it elsewhere.

    It is removed in any case. What a killed predecessor left is removed first: only one job at a time makes the files
    of one folder, and one that lost its place fails when its folder is gone. Who makes others of its files at the same
    time has a `prefix` of its own.
    """
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=out))
    try:
        yield folder
        if publish is None:
            move_all(folder, out)
        else:
            publish(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_all(folder: Path, out: Path) -> None:
    """Rename what is in `folder` into `out`; what has the same name there is replaced."""
    for file in sorted(folder.iterdir()):
        file.replace(out / file.name)
