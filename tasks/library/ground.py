"""Whether a watched folder is really there, before anything is concluded from what is not in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import PermanentError
from tasks.library import files, names


@dataclass(frozen=True)
class Ground:
    """A watched folder as it is now. Another device or inode means: another disk, or none, is mounted there."""

    device: int
    inode: int
    #: Nothing in it but what hides or belongs to the system.
    empty: bool


def shown(root: Path) -> str:
    """The folder's path for people."""
    return names.readable(str(root))


def examine(root: Path) -> Ground:
    """Look at a watched folder.

    Raises:
        PermanentError: it is not there, is no folder, or cannot be read; the sentence says what to do.
    """
    try:
        facts = root.stat()
        with os.scandir(root) as entries:
            empty = not any(_counts(entry.name) for entry in entries)
    except FileNotFoundError:
        raise PermanentError(
            f"The folder {shown(root)} is not there: nothing was changed. Mount its disk or create it."
        ) from None
    except NotADirectoryError:
        raise PermanentError(
            f"{shown(root)} is no folder: nothing was changed. Put the folder back that was watched."
        ) from None
    except OSError as error:
        raise unreadable(root, error) from None
    return Ground(facts.st_dev, facts.st_ino, empty)


def unreadable(root: Path, error: OSError) -> PermanentError:
    """The error for a folder that cannot be read."""
    why = error.strerror or str(error)
    return PermanentError(
        f"The folder {shown(root)} cannot be read ({why}): nothing was changed. "
        "Check its disk and the rights of Darkroom's user."
    )


def must_be_the_same(root: Path, ground: Ground, device: int | None, known: int, sample: Iterable[Path]) -> None:
    """Refuse a folder that is not the one that was scanned before.

    `device` is that of the last whole scan, `known` the number of files that should be there, `sample` some of them.
    A device number alone proves nothing, since some file systems get a new one at each mount: see
    `docs/decisions/another-device.md`.

    Raises:
        PermanentError: it is empty although files are known in it, or on another device without any of the sample.
    """
    if known and ground.empty:
        raise PermanentError(
            f"The folder {shown(root)} is empty, but {known:,} files are known in it: nothing was changed. "
            "Mount its disk, or remove the folder from the library if they are gone."
        )
    if device is None or device == ground.device:
        return
    looked_for = list(sample)
    if looked_for and not any(os.path.lexists(path) for path in looked_for):
        raise PermanentError(
            f"The folder {shown(root)} is on another disk than before and none of its known files is there: "
            "nothing was changed. Mount the right disk, or remove the folder from the library and add it again."
        )


def must_be_still_there(root: Path, before: Ground) -> None:
    """Refuse what was seen while the folder was unmounted or replaced.

    Raises:
        PermanentError: the folder is not the one that `before` describes.
    """
    now = examine(root)
    if (now.device, now.inode) != (before.device, before.inode):
        raise PermanentError(f"The disk of {shown(root)} changed while it was scanned; scan it again.")


def _counts(name: str) -> bool:
    return not name.startswith(".") and name not in files.SYSTEM_FOLDERS
