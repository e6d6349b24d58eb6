"""Walking a watched folder: every file in it that is wanted, one after another, however many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from tasks.library import files, sidecars
from tasks.library.sidecars import Beside
from tasks.library.wanted import Wanted

_NONE = Beside()
#: The kind of the picture that shows what is in its folder.
COVER = "cover"


class FoundFile(NamedTuple):
    """A file that the walk came by. Bytes of `path` that are no UTF-8 are lone surrogates (`os.fsdecode`)."""

    #: What its extension stands for, or `cover`.
    kind: str
    path: str
    #: Folders between the watched folder and the file.
    depth: int
    size: int
    mtime_ns: int
    #: See `sidecars.signature`.
    sidecars: str = ""
    #: The names of its metadata files, in the same folder.
    nfo: str | None = None
    info: str | None = None


class Unreadable(NamedTuple):
    """A folder or file that could not be looked at, so that nothing is known of it or of what lies below."""

    path: str
    reason: str


@dataclass
class _Listing:
    folders: list[str] = field(default_factory=list)
    media: list[os.DirEntry[str]] = field(default_factory=list)
    others: list[os.DirEntry[str]] = field(default_factory=list)


class Walk:
    """An iteration over the wanted files below `root`, holding one folder in memory at a time.

    A folder's files come one after another, sorted, before those of the folders in it.

    Hidden names, generated files, folders of the system and those in `leave_out` are passed over. Links to folders are
    not followed, links to files only where they lead to a regular file inside `root`. What is neither file nor folder
    is passed over, what cannot be read is handed to `unreadable` and the walk goes on. `each_folder` may stop the walk
    by raising.

    Raises:
        OSError: `root` itself cannot be read.
    """

    def __init__(
        self,
        root: Path,
        wanted: Wanted,
        *,
        recursive: bool = True,
        leave_out: Collection[Path] = (),
        unreadable: Callable[[Unreadable], None] = lambda _: None,
        each_folder: Callable[[], None] = lambda: None,
    ) -> None:
        self.folders_done = 0
        self._root = os.path.realpath(root)
        self._wanted = wanted
        self._recursive = recursive
        self._leave_out = self._below(root, leave_out)
        self._unreadable = unreadable
        self._each_folder = each_folder
        self._pending: list[tuple[str, int]] = [(str(root), 0)]

    @property
    def fraction(self) -> float:
        """How many of the folders that are known so far were walked, 0.0 to 1.0."""
        return self.folders_done / (self.folders_done + len(self._pending) or 1)

    def __iter__(self) -> Iterator[FoundFile]:
        while self._pending:
            self._each_folder()
            folder, depth = self._pending.pop()
            try:
                listing = self._list(folder)
            except OSError as error:
                if depth == 0:
                    raise
                self._report(folder, error)
            else:
                yield from self._files(folder, depth, listing)
                # last in, first out: the first name is walked first
                self._pending += [(f"{folder}/{name}", depth + 1) for name in sorted(listing.folders, reverse=True)]
            self.folders_done += 1

    def _list(self, folder: str) -> _Listing:
        listing = _Listing()
        with os.scandir(folder) as entries:
            for entry in entries:
                self._sort(entry, listing)
        listing.media.sort(key=attrgetter("name"))
        listing.others.sort(key=attrgetter("name"))
        return listing

    def _sort(self, entry: os.DirEntry[str], listing: _Listing) -> None:
        name = entry.name
        if name.startswith("."):
            return
        try:
            if entry.is_dir(follow_symlinks=False):
                if self._recursive and name not in files.SYSTEM_FOLDERS and entry.path not in self._leave_out:
                    listing.folders.append(name)
            elif (extension := files.extension(name)) in self._wanted.kinds:
                if files.is_own(name):
                    listing.media.append(entry)
            elif extension in self._wanted.others:
                listing.others.append(entry)
        except OSError as error:
            self._report(entry.path, error)

    def _below(self, root: Path, folders: Collection[Path]) -> frozenset[str]:
        """Those of the folders that the walk would come by, as it would spell them."""
        real = (os.path.realpath(folder) for folder in folders)
        inside = (folder for folder in real if folder.startswith(f"{self._root}/"))
        return frozenset(f"{root}{folder[len(self._root) :]}" for folder in inside)

    def _files(self, folder: str, depth: int, listing: _Listing) -> Iterator[FoundFile]:
        others = {entry.name: entry for entry in listing.others}
        beside = self._wanted.assign((entry.name for entry in listing.media), others) if others else {}
        for entry in listing.media:
            own = beside.get(entry.name, _NONE)
            state = self._signature(entry.name, own, others) if own is not _NONE else ""
            if found := self._file(entry, folder, depth):
                yield found._replace(sidecars=state, nfo=own.nfo, info=own.info)
        chosen = self._wanted.cover(others, folder.rpartition("/")[2]) if others else None
        if chosen and (cover := self._file(others[chosen], folder, depth)):
            yield cover

    def _file(self, entry: os.DirEntry[str], folder: str, depth: int) -> FoundFile | None:
        if (facts := self._facts(entry)) is None:
            return None
        kind = self._wanted.kinds.get(files.extension(entry.name), COVER)
        return FoundFile(kind, f"{folder}/{entry.name}", depth, facts.st_size, files.storable(facts.st_mtime_ns))

    def _signature(self, video: str, own: Beside, others: dict[str, os.DirEntry[str]]) -> str:
        return sidecars.signature(video, own, lambda name: self._facts(others[name]))

    def _facts(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        """What a regular file is; None for what is no regular file, or is gone by now, or was reported."""
        try:
            if entry.is_symlink():
                return files.regular_file(entry.path, self._root)
            return entry.stat(follow_symlinks=False) if entry.is_file(follow_symlinks=False) else None
        except OSError as error:
            self._report(entry.path, error)
            return None

    def _report(self, path: str, error: OSError) -> None:
        # What vanished between two looks is gone, not unreadable.
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            self._unreadable(Unreadable(path, error.strerror or str(error)))
