"""What things of the library are called."""

from __future__ import annotations

from collections.abc import Iterable

from db.roots import Root


def labels(folders: Iterable[Root]) -> dict[int, str]:
    """What watched folders are called, by their ids."""
    return {root.id: root.label for root in folders}
