"""Looking for requested books in what Plex and Audiobookshelf list: all of it, the newest, or for one book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import SHELVES, Item, NewItem, Request, Shelf, Written
from flows.database import engine
from flows.queues import BY_NAME
from flows.requests.common import RequestWork
from flows.requests.programs import shelf_settings
from flows.runs import SLOTS, work_off
from flows.work import Done, GivenUp
from tasks.clients.shelves.connect import shelf_server
from tasks.clients.shelves.types import IncompleteListingError, ShelfItem
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError
from tasks.requests.matching import Match, Wanted, match

#: Items are written so many at a time.
BATCH = 500
#: So many of the newest are looked at, and whatever came since the last look, by a clock that may be so much off.
NEWEST, APART = 10, timedelta(minutes=15)


@flow(name="scan_plex", task_runner=SLOTS, persist_result=False)
def scan_plex(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Read all of Plex or Audiobookshelf and find requested books in it."""
    return work_off(BY_NAME["scan_plex"], ScanWork(), enqueue=enqueue, everything=everything)


@flow(name="plex_recently_added_check", task_runner=SLOTS, persist_result=False)
def plex_recently_added_check(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Look for requested books in what Plex or Audiobookshelf added last."""
    return work_off(BY_NAME["plex_recently_added_check"], RecentWork(), enqueue=enqueue, everything=everything)


@flow(name="match_plex", task_runner=SLOTS, persist_result=False)
def match_plex(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Look for single books in what the last scan found. Deprecated: scans do that by themselves."""
    return work_off(BY_NAME["match_plex"], MatchWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Scanned:
    """What was listed, how much of that was new, what is gone, and which requests that was about."""

    shelf: str
    total: int
    written: Written
    matched: Sequence[int]
    forgotten: int = 0
    lost: int = 0
    complete: bool = True

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        counts = {"totalScanned": self.total, "newCount": self.written.new, "updatedCount": self.written.known}
        gone = {"staleRemovedCount": self.forgotten, "requestsReset": self.lost, "complete": self.complete}
        return {"shelf": self.shelf} | counts | gone | {"matchedDownloads": list(self.matched)}


@dataclass
class Reading:
    """What has been read of a shelf so far."""

    guids: list[str] = field(default_factory=list)
    written: Written = field(default_factory=Written)
    complete: bool = True


class ShelfWork(RequestWork):
    """Work on a library server. That it fails is no request's failure."""

    def open(self) -> Web:
        """The way to the server."""
        return Web()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Shelf]:
        """The servers that are set up."""
        shelves = {shelf.id: shelf for shelf in SHELVES.enabled(conn)}
        return {job.id: shelves[int(job.target_id)] for job in jobs if int(job.target_id) in shelves}

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """Nothing is forgotten, nothing found; one that refuses is not asked every few minutes any more."""
        for given in jobs:
            if isinstance(given.why, PermanentError):
                requests.say_refusal(conn, SHELVES, int(given.job.target_id), given.error)


class ScanWork(ShelfWork):
    """What a scan does not list is forgotten only where it has listed something, and all there is."""

    def run(self, tools: Web, job: Claimed, target: Shelf, control: Control) -> Scanned:
        """Read everything, forget what is gone, find what was asked for."""
        with engine().connect() as conn:
            began = requests.clock(conn)
        server = shelf_server(shelf_settings(target), tools, control)
        read = _write(target, server.items(target.library_id), control)
        forgotten = lost = 0
        if read.complete and read.guids:
            with engine().begin() as conn:
                forgotten = requests.forget_unseen(conn, target.id, began)
                lost = requests.lose_unlisted(conn, target.id, by=job.queue_name, job_id=job.id)
        elif not read.guids:
            control.log("warn", f"{target.name} lists nothing. What it listed before is not forgotten for that.")
        found = find(job, control)
        done = Scanned(target.name, len(read.guids), read.written, found, forgotten, lost, read.complete)
        control.log("info", f"{target.name} lists {done.total} books; {len(found)} were asked for.", **done.said())
        return done

    def save(self, conn: Connection, done: Sequence[Done[Shelf, Scanned]]) -> Iterable[tuple[Claimed, list[FollowUp]]]:
        """Remember when."""
        for each in done:
            SHELVES.change(conn, each.target.id, last_scanned_at=requests.clock(conn), **requests.ASKED_AGAIN)
        return ()


class RecentWork(ShelfWork):
    """The newest, and all that came since the last look; and whether what was asked for since is there already."""

    def run(self, tools: Web, job: Claimed, target: Shelf, control: Control) -> Scanned:
        """Read the newest and find what was asked for among them."""
        since = target.last_polled_at and target.last_polled_at - APART
        server = shelf_server(shelf_settings(target), tools, control)
        read = _write(target, server.items(target.library_id, since=since, newest=NEWEST), control)
        with engine().connect() as conn:
            items = requests.items_of(conn, target.id, read.guids)
            new = [each.id for each in requests.matchable(conn) if since is None or each.created_at >= since]
        found = find(job, control, items=items)
        found += find(job, control, only=new) if new else []
        return Scanned(target.name, len(read.guids), read.written, found)

    def save(self, conn: Connection, done: Sequence[Done[Shelf, Scanned]]) -> Iterable[tuple[Claimed, list[FollowUp]]]:
        """Remember when."""
        for each in done:
            SHELVES.change(conn, each.target.id, last_polled_at=requests.clock(conn), **requests.ASKED_AGAIN)
        return ()


@dataclass(frozen=True)
class Looked:
    """Whether a request's book is on a shelf."""

    matched: bool

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        return {"matched": self.matched}


class MatchWork(RequestWork):
    """One request against all that is known of the shelves; it never fails for finding nothing."""

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Request]:
        """The requests."""
        found = requests.get_requests(conn, [int(job.target_id) for job in jobs])
        return {job.id: found[int(job.target_id)] for job in jobs if int(job.target_id) in found}

    def run(self, tools: None, job: Claimed, target: Request, control: Control) -> Looked:
        """Ask the matcher."""
        return Looked(bool(find(job, control, only=[target.id])))

    def save(self, conn: Connection, done: Sequence[Done[Request, Looked]]) -> Iterable[tuple[Claimed, list[FollowUp]]]:
        """Everything is written by then."""
        return ()


def find(
    job: Claimed, control: Control, *, items: Sequence[Item] | None = None, only: Sequence[int] | None = None
) -> list[int]:
    """Find the books of requests, of all or only of these, among these items or all that are known; the requests.

    Each that is found becomes available by a transaction of its own.
    """
    with engine().connect() as conn:
        wanted = [each for each in requests.matchable(conn) if only is None or each.id in only]
        listed = requests.all_items(conn) if items is None and wanted else items or ()
        books, names = requests.taken(conn), {shelf.id: shelf.name for shelf in SHELVES.all(conn)}
    known = ((place, books.get((item.shelf_id, item.guid))) for place, item in enumerate(listed))
    taken = {place: book for place, book in known if book is not None}
    control.check()
    found = match([_wanted(each) for each in wanted], listed, taken)
    return [each.id for one in found if _settle(each := wanted[one.wanted], one, names, job, control)]


def _settle(request: Request, found: Match[Item], names: Mapping[int, str], job: Claimed, control: Control) -> bool:
    item, words = found.item, {"asin": "ASIN", "isbn": "ISBN", "title": "title and author"}[found.how]
    message = f"{names.get(item.shelf_id, 'The library')} lists it: {item.title}, known by its {words}."
    details = {"guid": item.guid, "by": found.how, "score": found.score}
    with engine().begin() as conn:
        about: dict[str, Any] = {"by": job.queue_name, "job_id": job.id, "details": details}
        if not requests.make_available(conn, request.id, item, message, **about):
            return False
    control.log("info", f"{request.label}: {message}", **details)
    return True


def _wanted(request: Request) -> Wanted:
    book = request.book
    return Wanted(
        title=book.title,
        author=book.author,
        narrator=book.narrator,
        asin=book.asin,
        isbn=book.isbn,
        series_part=book.series_part,
        language=book.language or "en",
        book=book.id,
    )


def _write(shelf: Shelf, items: Iterator[ShelfItem], control: Control) -> Reading:
    """Write items a batch at a time, as they are read."""
    read = Reading()
    whole = _until_it_changes(items, read, control)
    while batch := [NewItem(**asdict(item)) for item in islice(whole, BATCH)]:
        control.check()
        with engine().begin() as conn:
            done = requests.write_items(conn, shelf.id, batch)
        read.guids += [item.guid for item in batch]
        read.written = Written(read.written.new + done.new, read.written.known + done.known)
    return read


def _until_it_changes(items: Iterator[ShelfItem], read: Reading, control: Control) -> Iterator[ShelfItem]:
    """All items; that the library has changed while it was read is noted."""
    try:
        yield from items
    except IncompleteListingError as error:
        read.complete = False
        control.log("warn", f"{error} Nothing is forgotten; the next scan reads it again.")
