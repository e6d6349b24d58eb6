"""Removing what nobody owns from a folder of generated files."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.media.staging import PREFIX


@dataclass
class Swept:
    """What was removed."""

    files: int = 0
    bytes: int = 0

    def add(self, found: os.stat_result) -> None:
        """Count one file."""
        self.files += 1
        self.bytes += found.st_size


@dataclass(frozen=True)
class Sweeper:
    """Removes files below `base` that are older than a moment, unless they are kept.

    `files_before` and `parts_before` are moments, seconds since 1970: what was touched later may be of a job that runs.
    Links are neither followed nor removed, and nothing outside of `base` is touched.
    """

    base: Path
    files_before: float
    parts_before: float
    swept: Swept

    def sweep(self, folder: str, keep: Container[str]) -> None:
        """Remove what is in this folder, a path below the base, and not in `keep`, then the folder if it is empty."""
        path = self.base / folder
        if (before := _facts(path)) is None or not stat.S_ISDIR(before.st_mode):
            return
        for entry in _entries(path):
            name = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not self.sweep_part(entry):
                    self.sweep(name, keep)
            elif name not in keep and entry.is_file(follow_symlinks=False):
                self._remove(entry)
        # not of the time after the files were removed from it
        if before.st_mtime < self.files_before:
            _remove_empty(path)

    def sweep_part(self, entry: os.DirEntry[str]) -> bool:
        """Whether this is a folder that half-made files lie in; removed where whoever made them is long gone."""
        if not entry.name.startswith(PREFIX) or not entry.is_dir(follow_symlinks=False):
            return False
        found = [_facts(path) for path in (Path(entry.path), *_below(Path(entry.path)))]
        if all(facts is None or facts.st_mtime < self.parts_before for facts in found):
            for facts in found[1:]:
                if facts and stat.S_ISREG(facts.st_mode):
                    self.swept.add(facts)
            shutil.rmtree(entry.path, ignore_errors=True)
        return True

    def _remove(self, entry: os.DirEntry[str]) -> None:
        facts = _facts(Path(entry.path))
        if facts and stat.S_ISREG(facts.st_mode) and facts.st_mtime < self.files_before:
            os.unlink(entry.path)  # noqa: PTH108
            self.swept.add(facts)


def _facts(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder, followlinks=False):
        yield from (Path(where, name) for name in (*folders, *files))


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
