"""The order in which people put names: `2` before `10`, `CD2` before `CD10`."""

from __future__ import annotations

import re
from pathlib import PurePath

Key = tuple[tuple[str | int, ...], ...]
_NUMBERS = re.compile("([0-9]+)")


def natural(name: str) -> tuple[str | int, ...]:
    """A key to sort names by: their numbers as numbers, their letters without regard to case."""
    return tuple(int(each) if place % 2 else each.casefold() for place, each in enumerate(_NUMBERS.split(name)))


def by_folders(path: PurePath) -> Key:
    """A key to sort paths by, folder after folder; what lies loose comes before what lies in folders beside it."""
    *folders, name = path.parts
    return (*((1, *natural(folder)) for folder in folders), (0, *natural(name)))


def padded(name: str) -> str:
    """The name with its numbers in two digits, so that whoever sorts by letters gets the same order."""
    return _NUMBERS.sub(lambda match: match[0].zfill(2), name)
