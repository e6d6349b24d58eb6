"""Putting finished downloads into the library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import CLIENTS, SHELVES, Book, Client, Request, Settings, Shelf, Source
from flows.queues import BY_NAME
from flows.requests.common import RequestWork, begin
from flows.requests.programs import client_settings, shelf_settings
from flows.runs import SLOTS, work_off
from flows.work import Done, GivenUp
from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import Status
from tasks.clients.shelves.connect import shelf_server
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.media.media_child import LIFE_WITH_BOOKS
from tasks.media.tools import MediaTools
from tasks.requests.organize import kinds
from tasks.requests.organize.filing import organize
from tasks.requests.organize.kinds import Filed, Options

NO_LIBRARY = "It is not set where books are to be put. Set the library folder of requests."
NO_FILES = "There is no finished download of this request any more. Choose a release, or import files by hand."


@flow(name="organize_files", task_runner=SLOTS, persist_result=False)
def organize_files(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Put finished downloads into the library."""
    return work_off(BY_NAME["organize_files"], OrganizeWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Held:
    """What a slot keeps: a media child and ffmpeg, and the way to catalogues and library servers."""

    media: MediaTools
    web: Web


@dataclass(frozen=True)
class ToFile:
    """A request, where its files are, who has downloaded them, and who is to be told of them."""

    request: Request
    settings: Settings
    source: Source
    client: Client | None
    mappings: Sequence[tuple[str, str]]
    shelves: Sequence[Shelf]


class OrganizeWork(RequestWork):
    """Every failure but a cancel lets the request wait for another attempt, the last of them for a person."""

    calls_for: tuple[str, ...] = ("cleanup_seeded_torrents", "send_notification")
    owns = frozenset({"processing"})

    @contextmanager
    def open(self) -> Iterator[Held]:
        """A media child that may write whole books, and the web."""
        with MediaTools(life=LIFE_WITH_BOOKS) as media, Web() as web:
            yield Held(media, web)

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, ToFile]:
        """The requests with their files, and the settings of this moment."""
        found = requests.get_requests(conn, [int(job.target_id) for job in jobs])
        clients, mappings = {each.id: each for each in CLIENTS.all(conn)}, requests.read_mappings(conn)
        settings = requests.read_settings(conn)
        shelves = [each for each in SHELVES.enabled(conn) if each.scan_after_import]
        wanted = {}
        for job in jobs:
            if request := found.get(int(job.target_id)):
                source = requests.source_of(conn, request.id, job.payload)
                client = clients.get(source.download.client_id or 0) if source.download else None
                known = mappings.get(client.id, ()) if client else ()
                wanted[job.id] = ToFile(request, settings, source, client, known, shelves)
        return wanted

    def run(self, tools: Held, job: Claimed, target: ToFile, control: Control) -> Filed:
        """File the book, then tell those who are to know."""
        begin(job, target.request.id, "processing", "Its files are put into the library.")
        tools.media.control = control
        if not target.settings.library_folder:
            raise PermanentError(NO_LIBRARY)
        path, only = _locate(target, control)
        book, options = _book(target.request.book), _options(target.settings, target.settings.library_folder)
        filed = organize(tools.media, tools.web, book, path, options, key=str(target.request.id), only=only)
        control.log("info", _words(filed), **filed.said())
        _categorize(target, control)
        for shelf in target.shelves:
            _have_scanned(tools.web, shelf, control)
        return filed

    def save(
        self, conn: Connection, done: Sequence[Done[ToFile, Filed]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """The book is in the library; what usenet has brought of it is removed, torrents go on being seeded."""
        return [(each.job, self._save(conn, each)) for each in done]

    def _save(self, conn: Connection, done: Done[ToFile, Filed]) -> Sequence[FollowUp]:
        request, job, filed = done.target.request, done.job, done.result
        about: dict[str, Any] = {"details": filed.said(), "by": job.queue_name, "job_id": job.id}
        requests.say_filed(conn, request.id, str(filed.folder), _words(filed), **about)
        download = done.target.source.download
        if download is None or download.protocol == "torrent" or download.status != "completed":
            return []
        return [FollowUp("cleanup_seeded_torrents", str(download.id), request.label, "download")]

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """Let the requests wait: disks get room, mounts come back, and clients move files."""
        for given in jobs:
            request_id, job = int(given.job.target_id), given.job
            if given.cancelled:
                self.fail(conn, request_id, given)
                continue
            download = requests.source_of(conn, request_id, job.payload).download
            about: dict[str, Any] = {"by": job.queue_name, "job_id": job.id}
            requests.put_off(conn, request_id, _sentence(given.error), download, **about)


def _locate(target: ToFile, control: Control) -> tuple[Path, Sequence[Path]]:
    """Where the files are, as their client says now, or said when they were complete; and which, where others lie too.

    Raises:
        PermanentError: there are none.
        TransientError: the client is at work on them again.
    """
    download = target.source.download
    if download is None and target.source.path is None:
        raise PermanentError(NO_FILES)
    if download is None:
        return Path(target.source.path or ""), ()
    status = _ask(target, control) if target.client else None
    if status is not None and status.state in {"seeding", "completed"} and not status.settled:
        raise TransientError(f"{target.client and target.client.name} is still moving the files of {download.title}.")
    if status is not None and status.finished and status.path is not None:
        return status.path, status.files
    if download.path is None:
        raise PermanentError(NO_FILES)
    return Path(download.path), ()


def _ask(target: ToFile, control: Control) -> Status | None:
    """What the client says of the download now, where it can be asked."""
    assert target.client is not None
    assert target.source.download is not None
    item = target.source.download.client_item_id
    try:
        with opened(client_settings(target.client, target.mappings)) as program:
            return program.statuses([item])[item]
    except (PermanentError, TransientError) as error:
        words = "its files are looked for where they were."
        control.log("warn", f"{target.client.name} cannot be asked; {words}", error=str(error))
        return None


def _categorize(target: ToFile, control: Control) -> None:
    """File the torrent under the category for what is imported, where there is one."""
    client, download = target.client, target.source.download
    if client is None or download is None or client.protocol != "torrent" or not client.imported_category:
        return
    try:
        with opened(client_settings(client, target.mappings)) as program:
            program.set_category(download.client_item_id, client.imported_category)
    except (PermanentError, TransientError) as error:
        words = f"{client.name} has not taken the category {client.imported_category}."
        control.log("warn", words, error=str(error))


def _have_scanned(web: Web, shelf: Shelf, control: Control) -> None:
    """Tell a library server to look. It looks by itself, too, so that it is away is no failure."""
    try:
        shelf_server(shelf_settings(shelf), web, control).scan(shelf.library_id)
        control.log("info", f"{shelf.name} was told to look for new books.")
    except (PermanentError, TransientError) as error:
        control.log("warn", f"{shelf.name} could not be told to look for new books.", error=str(error))


def _book(book: Book) -> kinds.Book:
    return kinds.Book(
        title=book.title,
        author=book.author,
        narrator=book.narrator,
        asin=book.asin,
        isbn=book.isbn,
        series=book.series,
        series_part=book.series_part,
        year=book.release_date.year if book.release_date else None,
        cover_url=book.cover_url,
    )


def _options(settings: Settings, library: str) -> Options:
    return Options(
        library=Path(library),
        template=settings.folder_template,
        hard_links=settings.hard_links,
        write_tags=settings.write_tags,
        merge_chapters=settings.merge_chapters,
        fetch_covers=settings.fetch_covers,
    )


def _words(filed: Filed) -> str:
    counts = [f"{count} {how}" for how in ("linked", "copied", "merged", "kept") if (count := filed.count(how))]
    return f"In the library: {filed.folder} ({', '.join(counts)})."


def _sentence(words: str) -> str:
    return f"{words.rstrip().removesuffix('.')}."
