"""Moving the generated files of videos between the cache and the places beside the videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from darkroom.settings import settings
from db import generated, paths
from db.generated import FILES, Generated
from flows.beside import Beside, NotBesideError, remove
from tasks.control import Control
from tasks.errors import PermanentError
from tasks.media import verdict
from tasks.media.placing import Copy, bring, identity
from tasks.media.preview import names
from tasks.media.staging import PREFIX

#: Videos per look at the database, and examples that an event names.
PAGE, EXAMPLES = 500, 5


@dataclass
class Moved:
    """What was moved, and how many videos' files stay where they are because something stands in the way."""

    files: int = 0
    bytes: int = 0
    kept: int = 0
    reasons: list[str] = field(default_factory=list)

    def keep(self, reason: str) -> None:
        """One video's files stay."""
        self.kept += 1
        if len(self.reasons) < EXAMPLES:
            self.reasons.append(reason)


class Mover:
    """Brings files to where they are wanted: into the cache where `dedicated`, else beside their videos."""

    def __init__(self, engine: Engine, control: Control, *, dedicated: bool) -> None:
        self.engine, self.control, self.dedicated = engine, control, dedicated
        self.moved = Moved()

    def run(self) -> Iterator[float]:
        """Move all that is elsewhere; gives how much is done, 0.0 to 1.0, after each video.

        Raises:
            TransientError: a disk is full or fails.
            CancelledError: it was asked to stop; what was done until then stays, and going on later is safe.
        """
        with self.engine.begin() as conn:
            total = generated.count(conn, dedicated=self.dedicated)
        for n, video in enumerate(self._videos(), start=1):
            self.control.check()
            if self._wanted(video):
                self.move(video.id)
            yield min(1.0, n / max(1, total))

    def _videos(self) -> Iterator[Generated]:
        after = 0
        while True:
            with self.engine.begin() as conn:
                page = generated.page(conn, dedicated=self.dedicated, after=after, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].id

    def _wanted(self, video: Generated) -> dict[str, str]:
        """The files that are not where they should be, by column, with where that is."""
        beside = names.beside(paths.to_path(video.file_path))
        wanted = {
            column: f"videos/{video.id}/{FILES[column]}" if self.dedicated else paths.to_text(beside[FILES[column]])
            for column in video.files
        }
        return {column: place for column, place in wanted.items() if video.files[column] != place}

    def move(self, video_id: int) -> None:
        """Move one video's files: they are at both places before the row names the new one, and leave the old one then.

        Raises:
            TransientError: a disk is full or fails.
        """
        with self.engine.begin() as conn:
            video = generated.hold(conn, video_id)
            if video is None or generated.is_being_made(conn, video_id):
                return
            wanted = self._wanted(video)
            sources = {column: path for column in wanted if (path := self._source(video, column))}
            try:
                size = self._bring(video, wanted, sources) if sources else 0
            except (NotBesideError, PermanentError) as reason:
                self.moved.keep(str(reason))
                return
            generated.rename(conn, video_id, {column: wanted[column] for column in sources})
        self.moved.files += len(sources)
        self.moved.bytes += size
        left = {path for column, path in sources.items() if path != generated.where(wanted[column])}
        self._remove(left)

    def _source(self, video: Generated, column: str) -> Path | None:
        """Where the file is. A video that somebody moved may have taken its files along; else a lost one stays lost."""
        path = generated.where(video.files[column])
        along = names.beside(paths.to_path(video.file_path))[FILES[column]]
        if identity(path):
            return path
        with self.engine.begin() as conn:
            noted = generated.noted(conn, [video.files[column]])
            found = identity(along)
            if found is None or found not in {(note.file_size, note.file_mtime_ns) for note in noted}:
                return None
            generated.note(conn, video.id, [(paths.to_text(along), *found)])
        return along

    def _bring(self, video: Generated, wanted: Mapping[str, str], sources: Mapping[str, Path]) -> int:
        if not self.dedicated:
            beside = Beside(self.engine, video.id, paths.to_path(video.file_path))
            return beside.bring({FILES[column]: path for column, path in sources.items()})
        folder = settings().cache / "videos" / str(video.id)
        copies = [
            Copy(path, generated.where(wanted[column]), names.SPRITE if FILES[column] == names.TRICKPLAY else None)
            for column, path in sources.items()
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return bring(copies, folder / f"{PREFIX}moved")
        except OSError as error:
            raise verdict.of_os_error(error) from error

    def _remove(self, old: set[Path]) -> None:
        """Remove files from where they were: below the cache, or beside a video and of Darkroom's making."""
        inside = {path for path in old if path.is_relative_to(settings().cache)}
        for path in inside:
            with suppress(OSError):
                path.unlink()
        with self.engine.begin() as conn:
            noted = generated.noted(conn, (paths.to_text(path) for path in old - inside))
            generated.forget(conn, [note for note in noted if remove(note) is not None])
