"""RAR, 7z and tar archives, and odd zips, by the system's libarchive: it goes forward only, from entry to entry."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import c_int, c_void_p
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from tasks.media.child.archives import rar5
from tasks.media.child.archives.members import ENCRYPTED, Bounded, Entry, Kind, no_such_member
from tasks.media.child.container import RefusalError

BLOCK = 1 << 20
#: By libarchive's names for the formats, ours.
KINDS = {"rar": "rar", "rar5": "rar", "7zip": "7z", "tar": "tar", "zip": "zip"}


@cache
def _libarchive() -> Any:
    """The library. Raises `RefusalError` where the system has none."""
    try:
        import libarchive
        import libarchive.exception
    except (ImportError, OSError, AttributeError, TypeError) as error:
        raise RefusalError(
            "Archives other than zip need libarchive, which is missing: install it with `apt-get install libarchive13`"
        ) from error
    libarchive.ffi.ffi("entry_is_encrypted", [c_void_p], c_int)
    return libarchive


class Packed:
    """An open archive of a format of libarchive's. It stands at one entry; what lies before that is read anew."""

    def __init__(self, path: Path, reader: str) -> None:
        self.kind = KINDS[reader]
        self._reader = reader
        self._library = _libarchive()
        if reader == "rar5" and rar5.is_encrypted(path):
            raise RefusalError(ENCRYPTED)
        self._file = path.open("rb", buffering=0)
        self._open = ExitStack()
        self._current: Entry | None = None
        self._passed: set[str] = set()
        self._rewind()

    def entries(self) -> Iterator[Entry]:
        """See `Archive`."""
        if self._passed:
            self._rewind()
        while entry := self._next():
            yield entry

    def read(self, name: str) -> BytesIO:
        """See `Archive`."""
        if self._current is None or self._current.name != name:
            self._seek(name)
        content = Bounded()
        with self._in_its_words():
            for block in self._entry.get_blocks(BLOCK):
                content.write(block)
        self._current = None
        content.seek(0)
        return content

    def close(self) -> None:
        """See `Archive`."""
        self._open.close()
        self._file.close()

    def _rewind(self) -> None:
        self._open.close()
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        with self._in_its_words():
            reader = self._library.fd_reader(self._file.fileno(), self._reader, "none")
            self._iterator = iter(self._open.enter_context(reader))
        self._current, self._passed = None, set()

    def _seek(self, name: str) -> None:
        """Go to the first entry of this name, from the beginning again if that lies behind."""
        if name in self._passed:
            self._rewind()
        while entry := self._next():
            if entry.name == name:
                return
        raise no_such_member(name)

    def _next(self) -> Entry | None:
        """The next entry whose name was not there before."""
        self._current = None
        with self._in_its_words():
            for entry in self._iterator:
                described = self._describe(entry)
                if described.name not in self._passed:
                    self._passed.add(described.name)
                    self._entry, self._current = entry, described
                    return described
        return None

    def _describe(self, entry: Any) -> Entry:
        name = entry.pathname or ""
        kind: Kind = "file" if entry.isreg else "folder" if entry.isdir else "link" if entry.issym else "other"
        return Entry(
            name=os.fsdecode(name) if isinstance(name, bytes) else name,
            size=entry.size or 0,
            stamp="" if entry.mtime is None else str(entry.mtime),
            kind="link" if entry.islnk else kind,
            encrypted=self._library.ffi.entry_is_encrypted(entry._entry_p) > 0,
        )

    @contextmanager
    def _in_its_words(self) -> Iterator[None]:
        """What libarchive says of a bad archive, as a refusal."""
        try:
            yield
        except self._library.exception.ArchiveError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from error
            if "encrypt" in str(error.msg).lower():
                raise RefusalError(f"{ENCRYPTED} ({error.msg})") from error
            raise RefusalError(f"This {self.kind} archive cannot be read: {error.msg}") from error
