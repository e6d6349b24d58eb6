"""Looking through the folders of this machine, below those that may be looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from darkroom.settings import settings
from db import paths

#: Where media usually lie; `DARKROOM_BROWSE` names others.
USUAL = ("/media", "/mnt", "/srv", "/data", "/home", "/Volumes")
#: The most folders of one that are listed.
MOST = 1000


class BrowseError(ValueError):
    """What was asked for may not, or cannot, be looked at; the message is one sentence for people."""


@dataclass(frozen=True)
class Listing:
    """The folders in a folder. Paths are spelled as in `db.paths`; without one, the places to begin at."""

    path: str | None
    parent: str | None
    folders: list[str]
    #: Whether there are more than are listed.
    more: bool = False


def bases() -> list[Path]:
    """The folders below which anything may be looked at, as far as they are there."""
    named = [Path(name) for name in (settings().browse or ":".join(USUAL)).split(":") if name]
    return [base.resolve() for base in named if base.is_dir()]


def listing(path: str | None) -> Listing:
    """The folders in this folder, or where to begin.

    Raises:
        BrowseError: it lies elsewhere, is no folder, or cannot be read.
    """
    if not path:
        return Listing(None, None, [paths.to_text(base) for base in bases()])
    folder = _allowed(path)
    names = _folders(folder)
    inside = [f"{folder}/{name}".replace("//", "/") for name in names[:MOST]]
    parent = folder.parent if any(folder.parent.is_relative_to(base) for base in bases()) else None
    above = paths.to_text(parent) if parent else ""
    return Listing(paths.to_text(folder), above, [paths.to_text(each) for each in inside], len(names) > MOST)


def _allowed(path: str) -> Path:
    shown = paths.display(path)
    if "\0" in path:
        raise BrowseError("That is no path.")
    try:
        # Links are followed first: a link inside must not lead out.
        folder = paths.to_path(path).resolve(strict=True)
    except (OSError, RuntimeError):
        raise BrowseError(f"There is no folder {shown}.") from None
    if not any(folder.is_relative_to(base) for base in bases()):
        raise BrowseError(f"{shown} may not be looked at; DARKROOM_BROWSE names the folders that may.")
    return folder


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    except OSError as error:
        raise BrowseError(f"{paths.display(paths.to_text(folder))} cannot be read: {error.strerror}.") from None
