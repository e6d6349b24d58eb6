"""The half of a gallery scan that looks into archives: one job, one archive, its list brought into the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db import archives, collections, library_settings, paths
from db.archives import About, ArchiveFile, Page
from db.ledger import Claimed, FollowUp
from flows.ground import standing, watched
from flows.work import Done
from tasks.control import Control
from tasks.library.names import plain_title
from tasks.media.archive import ArchiveList, ComicInfo, list_archive
from tasks.media.tools import MediaTools

TARGET = "archive"


class ArchiveRead:
    """The work of jobs whose target is an archive."""

    calls_for: tuple[str, ...] = ("image-thumbnail", "image-fingerprint", collections.QUEUE)

    def __init__(self) -> None:
        self._watched: tuple[Path, ...] = ()

    def open(self) -> AbstractContextManager[MediaTools]:
        """A media child."""
        return MediaTools()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, ArchiveFile]:
        """The archives of these jobs."""
        self._watched = watched(conn)
        files = archives.load(conn, [int(job.target_id) for job in jobs])
        return {job.id: files[int(job.target_id)] for job in jobs if int(job.target_id) in files}

    def run(self, tools: MediaTools, job: Claimed, target: ArchiveFile, control: Control) -> ArchiveList:
        """List the archive."""
        tools.control = control
        path = paths.to_path(target.file_path)
        with standing(path, self._watched):
            listed = list_archive(tools, path)
        if listed.left_out:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(listed.left_out.items()))
            control.log("info", f"Left out of the gallery: {reasons}.", **listed.left_out)
        if not listed.pages:
            control.log("warn", "There are no pictures in this archive.")
        return listed

    def save(
        self, conn: Connection, done: Sequence[Done[ArchiveFile, ArchiveList]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write the pages, and ask for what the new and the changed ones lack; read an archive that changed again.

        After the last of them, collections may select other pages.
        """
        settings = library_settings.read(conn)
        for each in done:
            touched = _save(conn, each.target, each.result)
            if touched is not None:
                yield each.job, archives.jobs(conn, touched, settings)
            elif archives.load(conn, [each.target.id]):
                job = each.job
                yield job, [FollowUp(job.queue_name, job.target_id, job.target_label, job.target_type, job.is_nsfw)]
        if done and not archives.any_unread(conn):
            yield done[-1].job, collections.refreshes(conn)

    def summary(self, result: ArchiveList) -> Mapping[str, Any]:
        """The format and the counts."""
        return {"format": result.format, "pages": len(result.pages), "left_out": result.left_out}


def _save(conn: Connection, archive: ArchiveFile, listed: ArchiveList) -> list[int] | None:
    pages = [Page(paths.to_text(page.name), page.size, page.checksum) for page in listed.pages]
    return archives.save(conn, archive, pages, _about(archive, listed.comic), oshash=listed.oshash, title_of=_title_of)


def _title_of(path: str) -> str:
    """The title that a file's name, or a member's, makes."""
    return plain_title(paths.to_native(path.replace("\\", "/").rpartition("/")[2]))


def _about(archive: ArchiveFile, comic: ComicInfo | None) -> About:
    plain = _title_of(archive.file_path)
    if comic is None:
        return About(plain, plain)
    number = f"#{comic.number}" if comic.number else ""
    issue = " ".join(part for part in (comic.series, number) if part) if comic.series else ""
    title = ": ".join(part for part in (issue, comic.title) if part)
    return About(plain, title or plain, comic.summary, comic.publisher, comic.tags, comic.people)
