"""The work of the queues whose jobs turn one file of the library into one result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db import library_settings, paths
from db.ledger import Claimed, FollowUp
from db.library_settings import Settings
from db.results import File, load_files, save_results
from flows.ground import standing, watched
from flows.queues import BY_NAME
from flows.work import Done
from tasks.control import Control
from tasks.media.tools import MediaTools

Row = dict[str, Any]


@dataclass(frozen=True)
class Media:
    """The target of a media job: a file of the library, and the settings as they were when the work began."""

    file: File
    settings: Settings
    #: The watched folders, one of which it lies in.
    watched: tuple[Path, ...] = ()

    @property
    def path(self) -> Path:
        """Where the file is."""
        return paths.to_path(self.file.file_path)


@dataclass(frozen=True)
class Made:
    """What a kernel made of one file: its columns, what people may want to read, and rows of other tables."""

    columns: Row
    summary: Row
    rows: tuple[Row, ...] = ()


Kernel = Callable[[MediaTools, Media], Made]


class MediaWork:
    """One media queue's work around its kernel."""

    calls_for: tuple[str, ...] = ()

    def __init__(self, queue_name: str, kernel: Kernel) -> None:
        self.queue_name, self.kernel = queue_name, kernel
        self._told = [each for each in BY_NAME[queue_name].arguments if each.setting]

    def open(self) -> AbstractContextManager[MediaTools]:
        """A media child and ffmpeg."""
        return MediaTools()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Media]:
        """The files of these jobs, with the settings of this moment."""
        files = self.load_files(conn, [int(job.target_id) for job in jobs])
        settings, folders = library_settings.read(conn), watched(conn)
        return {
            job.id: Media(files[int(job.target_id)], self._as_told(settings, job), folders)
            for job in jobs
            if int(job.target_id) in files
        }

    def _as_told(self, settings: Settings, job: Claimed) -> Settings:
        """The settings, but for what this one job was told otherwise."""
        told = {each.setting: job.payload[each.name] for each in self._told if each.name in job.payload}
        return replace(settings, **told) if told else settings

    def run(self, tools: MediaTools, job: Claimed, target: Media, control: Control) -> Made:
        """Run the kernel on the file."""
        tools.control = control
        with standing(target.path, target.watched):
            return self.make(tools, job, target)

    def make(self, tools: MediaTools, job: Claimed, target: Media) -> Made:
        """What the kernel makes of the file, for work that has to say more about it than the file does."""
        return self.kernel(tools, target)

    def save(self, conn: Connection, done: Sequence[Done[Media, Made]]) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write the results; a file that changed meanwhile is worked on again."""
        rows = [
            {"id": each.target.file.id, "revision": each.target.file.revision, **each.result.columns} for each in done
        ]
        saved = self.save_rows(conn, rows)
        wanted = self.save_more(conn, [each for each in done if each.target.file.id in saved])
        stale = [each for each in done if each.target.file.id not in saved]
        still_there = self.load_files(conn, [each.target.file.id for each in stale]) if stale else {}
        return [*wanted, *((each.job, [_again(each.job)]) for each in stale if each.target.file.id in still_there)]

    def load_files(self, conn: Connection, ids: Sequence[int]) -> dict[int, File]:
        """The files with these ids."""
        return load_files(conn, self.queue_name, ids)

    def save_rows(self, conn: Connection, rows: Sequence[Row]) -> set[int]:
        """Write the results; returns the ids of the files that took theirs."""
        return save_results(conn, self.queue_name, rows)

    def save_more(
        self, conn: Connection, done: Sequence[Done[Media, Made]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """For results that are more than columns of the file's row, or call for more work."""
        return ()

    def summary(self, result: Made) -> Mapping[str, Any]:
        """What the ledger keeps."""
        return result.summary


def _again(job: Claimed) -> FollowUp:
    return FollowUp(job.queue_name, job.target_id, job.target_label, job.target_type, job.is_nsfw, job.payload)
