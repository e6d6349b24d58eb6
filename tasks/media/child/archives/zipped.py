"""Zip archives, by Python's own reader: it needs no library of the system, and reads members in any order."""

from __future__ import annotations

import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from lzma import LZMAError
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from tasks.media.child.archives.members import Bounded, Entry, Kind, no_such_member
from tasks.media.child.container import RefusalError

ENCRYPTED, UTF_8 = 0x1, 0x800
#: `zipfile` reads the directory in one piece, and makes objects of all that is in it.
LARGEST_DIRECTORY = 16 << 20
#: Of the other methods, `zipfile` knows few, and bounds only what goes into them: 46 bytes of bzip2 make 45 MB.
PLAIN = frozenset({ZIP_STORED, ZIP_DEFLATED})
STEP = 1 << 20


class Zipped:
    """An open zip archive."""

    kind = "zip"

    def __init__(self, path: Path) -> None:
        """Read the directory, which lies at the end. Raises `RefusalError` for one that is damaged or too large."""
        self._file = _File(path)
        try:
            with in_its_words():
                self._zip = ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise
        self._index: dict[str, ZipInfo] = {}
        for info in self._zip.infolist():
            self._index.setdefault(_name(info), info)

    @property
    def is_plain(self) -> bool:
        """Whether its members are packed as nearly all are, so that this reader can be trusted with them."""
        return all(info.compress_type in PLAIN for info in self._index.values())

    def entries(self) -> Iterator[Entry]:
        """See `Archive`."""
        for name, info in self._index.items():
            yield Entry(name, info.file_size, f"{info.CRC:08x}", _kind(info), bool(info.flag_bits & ENCRYPTED))

    def read(self, name: str) -> BytesIO:
        """See `Archive`."""
        info = self._index.get(name)
        if info is None:
            raise no_such_member(name)
        content = Bounded()
        with in_its_words(), self._zip.open(info) as member:
            while chunk := member.read(STEP):
                content.write(chunk)
        content.seek(0)
        return content

    def close(self) -> None:
        """See `Archive`."""
        self._zip.close()
        self._file.close()


class _File(io.FileIO):
    """The archive's file, of which no piece is read that is larger than a directory may be."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_DIRECTORY:
            raise RefusalError(f"The directory of this zip archive is larger than {LARGEST_DIRECTORY >> 20} MiB")
        return super().read(size) or b""


@contextmanager
def in_its_words() -> Iterator[None]:
    """What `zipfile` and the decompressors raise for a bad archive, as a refusal in the same words."""
    try:
        yield
    except (BadZipFile, NotImplementedError, RuntimeError, zlib.error, LZMAError, EOFError, ValueError) as error:
        words = str(error) or "it ends too early"
        raise RefusalError(f"This zip archive is damaged or incomplete: {words}") from error


def _name(info: ZipInfo) -> str:
    """The name, whole; many programs write UTF-8 without saying so, which `zipfile` takes for code page 437."""
    if info.flag_bits & UTF_8:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _kind(info: ZipInfo) -> Kind:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.orig_filename.endswith("/") or kind == stat.S_IFDIR:
        return "folder"
    if kind == stat.S_IFLNK:
        return "link"
    return "file" if kind in {0, stat.S_IFREG} else "other"
