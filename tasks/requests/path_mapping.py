"""One folder under two names: what another machine, or a container, calls it, and what this machine calls it."""

from __future__ import annotations

import ntpath
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

#: A drive's letter, or a share of another machine.
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_UNUSUAL = set('<>"|?*\0')


@dataclass(frozen=True)
class PathMapping:
    """A folder as the other program names it (`remote`), and as this machine does (`local`).

    Raises:
        ValueError: one of them is no absolute path; the message is for the person who entered it.
    """

    remote: str
    local: str

    def __post_init__(self) -> None:
        for label, value in (("remote", self.remote), ("local", self.local)):
            if not is_absolute(value) or _UNUSUAL & set(value):
                raise ValueError(f'The {label} path must be a whole path, such as /downloads, without <>"|?*.')
        if _WINDOWS.match(self.local):
            raise ValueError("The local path must be a path of this machine, such as /downloads.")


def to_local(path: str, mappings: Iterable[PathMapping]) -> Path:
    """Where this machine finds what the other program has at `path`: the mapping of the deepest folder holds.

    A path of which no mapping knows is taken to be the same on both sides.
    """
    fitting = [mapping for mapping in mappings if is_inside(path, mapping.remote)]
    if not fitting:
        return Path(posixpath.normpath(path)) if not _WINDOWS.match(path) else Path(path)
    mapping = max(fitting, key=lambda one: len(_pure(one.remote).parts))
    return Path(mapping.local).joinpath(*_pure(path).parts[len(_pure(mapping.remote).parts) :])


def to_remote(path: Path, mappings: Iterable[PathMapping]) -> str:
    """What the other program calls a path of this machine, with backslashes where it is a Windows program."""
    fitting = [mapping for mapping in mappings if is_inside(str(path), mapping.local)]
    if not fitting:
        return str(path)
    mapping = max(fitting, key=lambda one: len(_pure(one.local).parts))
    return str(_pure(mapping.remote).joinpath(*_pure(str(path)).parts[len(_pure(mapping.local).parts) :]))


def is_inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it: by whole names, so `/dl2/x` is not inside `/dl`."""
    inner, outer = _pure(path), _pure(folder)
    return type(inner) is type(outer) and inner.is_relative_to(outer)


def is_absolute(path: str) -> bool:
    """Whether this is a whole path, of this kind of machine or of the other."""
    return path.startswith("/") or _WINDOWS.match(path) is not None


def _pure(path: str) -> PurePath:
    """The path without dots and doubled separators; of Windows, letters mean the same in either case."""
    if _WINDOWS.match(path):
        return PureWindowsPath(ntpath.normpath(path))
    return PurePosixPath("/", posixpath.normpath(path).lstrip("/"))
