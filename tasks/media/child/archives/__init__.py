"""Archives of pictures: what is in them, and the content of one member. Nothing is ever unpacked to a disk."""

from __future__ import annotations

from pathlib import Path

from tasks.media.child.archives.members import Archive
from tasks.media.child.archives.packed import Packed
from tasks.media.child.archives.zipped import Zipped
from tasks.media.child.container import RefusalError

__all__ = ["Archive", "opened"]

#: How files of each format begin, or what stands in them at some place, and libarchive's name for the format.
SIGNATURES = (
    (0, b"Rar!\x1a\x07\x01\x00", "rar5"),
    (0, b"Rar!\x1a\x07\x00", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7zip"),
    (257, b"ustar", "tar"),
)
HEAD = 512


class _Held:
    """The archive that was opened last, and which file it was then."""

    identity: tuple[object, ...] = ()
    archive: Archive | None = None


def opened(path: Path) -> Archive:
    """The archive at `path`, whatever it is named.

    It stays open until another one is wanted: a gallery's pages are asked for one after another. Raises `RefusalError`
    in the reader's words.
    """
    facts = path.stat()
    identity = (path, facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    if _Held.archive is None or _Held.identity != identity:
        forget()
        _Held.archive, _Held.identity = _open(path), identity
    return _Held.archive


def forget() -> None:
    """Close what is held open. A reader that has refused something may be in no state to go on."""
    if _Held.archive:
        _Held.archive.close()
    _Held.archive = None


def _open(path: Path) -> Archive:
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise RefusalError("The file is empty")
    for place, mark, reader in SIGNATURES:
        if head.startswith(mark, place):
            return Packed(path, reader)
    return _open_zip(path, head)


def _open_zip(path: Path, head: bytes) -> Archive:
    """Wherever in the file the archive begins, as it may after a program that unpacks it."""
    try:
        archive = Zipped(path)
    except RefusalError:
        if head.startswith(b"PK"):
            raise
        raise RefusalError("This is no zip, RAR, 7z or tar archive") from None
    if archive.is_plain:
        return archive
    archive.close()
    return Packed(path, "zip")
