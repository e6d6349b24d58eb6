"""Which picture in a folder shows what the folder holds."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.library import files, names

#: What players and rippers call it, best first; then the folder's own name.
NAMES = ("cover", "folder", "front", "albumart")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp")


def best(pictures: Iterable[str], folder: str) -> str | None:
    """The cover among the names of the pictures in `folder`, without regard to case; None where none is named so."""
    stems = {stem: place for place, stem in reversed([*enumerate((*NAMES, folder.lower()))])}
    ranked = (
        (stems[stem], EXTENSIONS.index(files.extension(name)), name)
        for name in pictures
        if (stem := names.stem(name).lower()) in stems and files.extension(name) in EXTENSIONS
    )
    return min(ranked, default=(0, 0, None))[2]
