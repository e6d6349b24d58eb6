"""Bringing a book that was made ready to where it belongs: whole, beside what is there, never over it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from tasks.control import Control
from tasks.errors import PermanentError
from tasks.requests.organize.copying import is_same, link
from tasks.requests.organize.kinds import FiledFile
from tasks.requests.organize.naming import numbered


def inside(library: Path, folders: Sequence[str]) -> Path:
    """The folder of these names in the library.

    Raises:
        PermanentError: a link leads it out of the library.
    """
    target = library.joinpath(*folders)
    if not target.resolve().is_relative_to(library.resolve()):
        raise PermanentError(f"{target} leads out of the library by a link; remove the link, then retry.")
    return target


def publish(ready: Path, target: Path, files: Sequence[FiledFile], control: Control) -> list[FiledFile]:
    """Move the folder `ready`, which holds the files, to `target`; returns what they are called there.

    A folder that is new appears with all that is in it at once. Into one that is there the files go one by one: what is
    there with the same content stays as it is, and what has the same name with another content stays beside the new
    one. Doing it again changes nothing.

    Raises:
        OSError: the disk fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        ready.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    else:
        flush(target.parent)
        return list(files)
    placed = [_place(ready, target, each, control) for each in files]
    flush(target)
    return placed


def place_cover(ready: Path, target: Path) -> str | None:
    """The same for its cover, if there is one: one that is there stays. Returns the name of the one that is there."""
    if ready.exists():
        _move(ready, target / ready.name)
    return ready.name if (target / ready.name).exists() else None


def flush(folder: Path) -> None:
    """Have the names in a folder on the disk before anybody counts on them."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _place(ready: Path, target: Path, file: FiledFile, control: Control) -> FiledFile:
    made = ready / file.name
    for number in count(1):
        name = file.name if number == 1 else numbered(file.name, number)
        if not os.path.lexists(target / name) and _move(made, target / name):
            return replace(file, name=name)
        if is_same(made, target / name, control):
            return replace(file, name=name, how="kept")
    raise AssertionError


def _move(made: Path, to: Path) -> bool:
    """Give the file its name unless somebody has taken that name just now; whether it has it."""
    if link(made, to):
        made.unlink()
        return True
    if os.path.lexists(to):
        return False
    made.rename(to)
    return True
