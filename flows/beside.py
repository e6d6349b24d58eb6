"""Generated files beside the videos that they are made of, among other people's files."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from db import generated, paths
from db.generated import Noted
from flows.media import Media
from tasks.control import Control
from tasks.media import verdict
from tasks.media.placing import Copy, Identity, bring, identity
from tasks.media.preview import names, replace_in

#: What says that this folder does not take the file, rather than that the disk has a fault.
_REFUSALS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EILSEQ,
        errno.EINVAL,
    }
)


class NotBesideError(Exception):
    """The files cannot lie beside the video; the message says why, for people."""


@dataclass(frozen=True)
class Beside:
    """The place beside one video. Only one at a time may bring files there: see `db.generated.hold`."""

    engine: Engine
    video_id: int
    video: Path

    @property
    def files(self) -> dict[str, Path]:
        """Where each file would lie, by its name in the cache."""
        return names.beside(self.video)

    def bring(self, sources: Mapping[str, Path]) -> int:
        """Make these files (by their names in the cache) appear beside the video; returns the bytes.

        Raises:
            NotBesideError: the folder cannot be written, or holds files of these names that are not Darkroom's.
            PermanentError, TransientError: the disk has a fault, or is full.
        """
        targets = self.files
        self._must_be_ours([targets[name] for name in sources])
        sprite = names.url(targets[names.SPRITE])
        copies = [
            Copy(source, targets[name], sprite if name == names.TRICKPLAY else None) for name, source in sources.items()
        ]
        scratch = self.video.with_name(f"{names.PART}{self.video_id}")
        try:
            return bring(copies, scratch, self._note)
        except OSError as error:
            if error.errno in _REFUSALS:
                raise NotBesideError(f"{_shown(self.video.parent)}: {error.strerror}") from error
            raise verdict.of_os_error(error) from error

    def _must_be_ours(self, targets: list[Path]) -> None:
        with self.engine.begin() as conn:
            noted = generated.noted(conn, map(paths.to_text, targets))
        ours = {(note.path, note.file_size, note.file_mtime_ns) for note in noted if note.video_id == self.video_id}
        for target in targets:
            if os.path.lexists(target) and (paths.to_text(target), *(identity(target) or ())) not in ours:
                raise NotBesideError(f"{_shown(target)} is there already, and is not of Darkroom's making")

    def _note(self, made: Mapping[Path, Identity]) -> None:
        # Committed before the first of them appears.
        with self.engine.begin() as conn:
            generated.note(conn, self.video_id, ((paths.to_text(path), *found) for path, found in made.items()))


@dataclass
class PreviewPlace:
    """Where the preview of one video goes: beside it where the settings want that and its folder takes it, else into
    the folder `cache`, which the database calls `name`."""

    engine: Engine
    control: Control
    video: Media
    name: str
    cache: Path
    #: How the database names each file, by its name in the cache.
    stored: dict[str, str] = field(default_factory=dict)

    def take(self, folder: Path) -> None:
        """Bring what was made in `folder` there, once nobody else moves this video's files."""
        made = {file.name: file for file in folder.iterdir() if file.name in names.BESIDE}
        with self.engine.begin() as conn:
            generated.hold(conn, self.video.file.id)
            if not self.video.settings.metadata_storage_dedicated and self._bring_beside(made):
                return
            replace_in(self.cache, folder)
        self.stored = {name: f"{self.name}/{name}" for name in made}

    def _bring_beside(self, made: Mapping[str, Path]) -> bool:
        beside = Beside(self.engine, self.video.file.id, self.video.path)
        try:
            beside.bring(made)
        except NotBesideError as refusal:
            self.control.log("warn", f"The preview stays in the cache: {refusal}")
            return False
        self.stored = {name: paths.to_text(beside.files[name]) for name in made}
        return True


def remove(note: Noted) -> int | None:
    """Remove a file that was put beside a video; returns its bytes, or 0 where it is gone or has become somebody
    else's, so that the note is worth nothing now. None: the note must be kept, because the file cannot be removed or
    its folder cannot be seen."""
    path = paths.to_path(note.path)
    found = identity(path)
    try:
        if found == (note.file_size, note.file_mtime_ns):
            path.unlink()
            return note.file_size
        with os.scandir(path.parent) as entries:
            # An empty folder may be one on which nothing is mounted now.
            return 0 if any(entries) else None
    except OSError:
        return None


def _shown(path: Path) -> str:
    return paths.display(paths.to_text(path))
