"""The list of an archive's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks.media.child import archives
from tasks.media.child.archives.comic import LONGEST, comic_info
from tasks.media.child.archives.members import (
    BOMB_RATIO,
    BOMB_SIZE,
    ENCRYPTED,
    MOST_ENTRIES,
    Archive,
    Entry,
    is_comic_info,
    left_out,
)
from tasks.media.child.container import RefusalError

#: Entries between two reports of progress.
SIGN_OF_LIFE = 100


def list_pages(url: str, path: str, progress: Callable[[float], None]) -> dict[str, Any]:
    """The pages of an archive, in the order in which they lie in it; what was left out, counted; what it says it is.

    What it says of itself is read in passing. Where that is damaged, a reader is in no state to go on, and the pages
    are listed without it.
    """
    try:
        return _list(Path(path), progress, describe=True)
    except DescriptionError:
        archives.forget()
        return _list(Path(path), progress, describe=False)


class DescriptionError(Exception):
    """What an archive says of itself cannot be read, which is no fault of its pages."""


def _list(path: Path, progress: Callable[[float], None], *, describe: bool) -> dict[str, Any]:
    try:
        archive = archives.opened(path)
        pages, others, comic = _read(archive, progress, describe)
        _check_size(pages, path.stat().st_size)
    except RefusalError:
        archives.forget()
        raise
    return {
        "format": archive.kind,
        "pages": [[page.name, page.size, page.stamp] for page in pages],
        "left_out": others,
        "comic": comic,
    }


def _read(
    archive: Archive, progress: Callable[[float], None], describe: bool
) -> tuple[list[Entry], Counter[str], dict[str, Any] | None]:
    pages, others, comic = [], Counter[str](), None
    for number, entry in enumerate(archive.entries(), 1):
        if number > MOST_ENTRIES:
            raise RefusalError(f"This archive holds more than {MOST_ENTRIES:,} files")
        if number % SIGN_OF_LIFE == 0:
            progress(0.5)
        reason = left_out(entry)
        if reason is None and entry.encrypted:
            raise RefusalError(ENCRYPTED)
        if reason is None:
            pages.append(entry)
        elif is_comic_info(entry):
            comic = comic or (_describe(archive, entry) if describe else None)
        elif entry.kind != "folder":
            others[reason] += 1
    return pages, others, comic


def _describe(archive: Archive, entry: Entry) -> dict[str, Any] | None:
    if entry.encrypted or entry.size > LONGEST:
        return None
    try:
        return comic_info(archive.read(entry.name).getvalue())
    except RefusalError as error:
        raise DescriptionError from error


def _check_size(pages: list[Entry], size: int) -> None:
    """Refuse what claims to unpack to many times its size, as no archive of pictures does."""
    claimed = sum(page.size for page in pages)
    if claimed > max(BOMB_SIZE, BOMB_RATIO * size):
        raise RefusalError(f"This archive claims to hold {claimed // max(1, size):,} times its own size")
