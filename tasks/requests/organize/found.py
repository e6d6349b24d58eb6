"""What a download holds: its audio files in order, and its cover. Names and folders are somebody else's."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.library import covers, files
from tasks.requests.organize.kinds import NoAudioError
from tasks.requests.organize.order import by_folders

#: Audible's own, and what holds books although it is named as videos are.
AUDIO = files.AUDIO_EXTENSIONS | {".aa", ".aax", ".mp4"}
#: Folders inside each other, and entries of all kinds, that are looked at.
DEEPEST, MOST = 20, 20_000
TOO_MANY = "There are more than {most:,} files in {path}; that is no download of one book. Import a folder inside it."


@dataclass(frozen=True)
class Part:
    """One audio file of a download."""

    path: Path
    #: Below the download.
    relative: PurePath
    size: int

    @property
    def extension(self) -> str:
        """In lower case, with its dot."""
        return files.extension(self.path.name)


@dataclass(frozen=True)
class Found:
    """What there is to file."""

    parts: Sequence[Part]
    cover: Path | None

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)


def find(path: Path, control: Control, only: Collection[Path] = ()) -> Found:
    """The audio files of the download at `path`, a file or a folder; of those files alone, where `only` names some.

    Hidden names are passed over (`._01.mp3` of a Mac is no sound), links too: they lead out of the download, or to
    what is found in it anyway. The cover is the best named picture, in the folder nearest to the top.

    Raises:
        NoAudioError: there is no audio file.
        PermanentError: there is far more than a book.
        TransientError: there is nothing at `path`, or it cannot be read now.
    """
    try:
        root = path.resolve(strict=True)
        top = root.parent if root.is_file() else root
        entries = _named(only, top) if only else [root] if root.is_file() else list(_walk(root, control))
        parts = [part for each in entries if (part := _part(each, top))]
    except OSError as error:
        raise TransientError(f"The download cannot be read: {path}: {error.strerror or error}") from error
    if not parts:
        raise NoAudioError(f"There are no audio files in {path}.")
    return Found(sorted(parts, key=lambda part: by_folders(part.relative)), _cover(entries, top))


def _named(only: Collection[Path], top: Path) -> list[Path]:
    """Those of the files that lie where the download does, by folders that are no links out of it."""
    real = (each.parent.resolve() / each.name for each in only)
    return [each for each in real if each.is_relative_to(top) and not each.name.startswith(".") and each.exists()]


def _walk(root: Path, control: Control) -> Iterator[Path]:
    pending, seen = [(root, 0)], 0
    while pending:
        folder, depth = pending.pop()
        control.check()
        with os.scandir(folder) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST:
                    raise PermanentError(TOO_MANY.format(most=MOST, path=root))
                if entry.name.startswith(".") or entry.is_symlink():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < DEEPEST and entry.name not in files.SYSTEM_FOLDERS:
                        pending.append((Path(entry.path), depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def _part(path: Path, top: Path) -> Part | None:
    if files.extension(path.name) not in AUDIO:
        return None
    facts = path.lstat()
    is_sound = stat.S_ISREG(facts.st_mode) and facts.st_size > 0
    return Part(path, path.relative_to(top), facts.st_size) if is_sound else None


def _cover(entries: Sequence[Path], top: Path) -> Path | None:
    by_folder: dict[Path, list[str]] = {}
    for each in entries:
        if files.extension(each.name) in covers.EXTENSIONS:
            by_folder.setdefault(each.parent, []).append(each.name)
    best = ((folder, covers.best(names, folder.name)) for folder, names in by_folder.items())
    found = [folder / name for folder, name in best if name]
    return min(found, key=lambda each: (len(each.relative_to(top).parts), str(each)), default=None)
