"""What is done about requests by the clock: searched for again, imported again, heard of in feeds, tidied up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import INDEXERS, Indexer, Request, Swept
from flows.database import engine
from flows.queues import BY_NAME
from flows.requests.common import RequestWork
from flows.requests.programs import source
from flows.runs import SLOTS, work_off
from flows.work import Done, GivenUp
from tasks.clients.indexers.searching import newest
from tasks.clients.web import Web
from tasks.control import Control
from tasks.requests.blocklist import is_blocked
from tasks.requests.release import Release
from tasks.requests.rss import Hint

#: So many requests are held against a feed at a time.
PAGE = 100


@flow(name="retry_missing_torrents", task_runner=SLOTS, persist_result=False)
def retry_missing_torrents(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Search again for books of which no release was good enough."""
    return work_off(BY_NAME["retry_missing_torrents"], RetryMissing(), enqueue=enqueue, everything=everything)


@flow(name="retry_failed_imports", task_runner=SLOTS, persist_result=False)
def retry_failed_imports(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Try again to put downloads into the library."""
    return work_off(BY_NAME["retry_failed_imports"], RetryImports(), enqueue=enqueue, everything=everything)


@flow(name="monitor_rss_feeds", task_runner=SLOTS, persist_result=False)
def monitor_rss_feeds(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Look for missing books in what the indexers published last."""
    return work_off(BY_NAME["monitor_rss_feeds"], MonitorFeeds(), enqueue=enqueue, everything=everything)


class Sweep(RequestWork):
    """Work on all requests at once: what it does to each is written at once, one by one."""

    calls_for: tuple[str, ...] = ("search_indexers", "organize_files", "send_notification")

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Any]:
        """It works on whatever there is."""
        return {job.id: () for job in jobs}

    def save(self, conn: Connection, done: Sequence[Done[Any, Any]]) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Everything is written by then."""
        return ()

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """No request fails because a sweep did."""


class RetryMissing(Sweep):
    """A gate of its own: what is not published yet waits, what is published by now is searched for."""

    def run(self, tools: None, job: Claimed, target: Any, control: Control) -> Swept:
        """One transaction."""
        with engine().begin() as conn:
            swept = requests.retry_missing(conn, job_id=job.id)
        control.log("info", f"Of {swept.total} requests, {swept.triggered} are searched for again.", **swept.said())
        return swept


class RetryImports(Sweep):
    """Those that were tried longest ago come first."""

    def run(self, tools: None, job: Claimed, target: Any, control: Control) -> Swept:
        """One transaction."""
        with engine().begin() as conn:
            swept = requests.retry_imports(conn, job_id=job.id)
        control.log("info", f"Of {swept.total} requests, {swept.triggered} are imported again.", **swept.said())
        return swept


@dataclass(frozen=True)
class Heard:
    """What the feeds had, and which requests they were a reason to search for."""

    feeds: int
    releases: int
    missing: int
    matched: int
    unreachable: Sequence[str] = ()

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        counts = {"totalFeeds": self.feeds, "releases": self.releases, "totalMissing": self.missing}
        return counts | {"matched": self.matched, "unreachable": list(self.unreachable)}


class MonitorFeeds(Sweep):
    """A release in a feed is only a hint: the search that follows decides."""

    def open(self) -> Web:
        """The way to the indexers."""
        return Web()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Sequence[Indexer]]:
        """The indexers whose feeds are read."""
        wanted = [each for each in INDEXERS.enabled(conn) if each.rss_enabled]
        return {job.id: wanted for job in jobs}

    def run(self, tools: Web, job: Claimed, target: Sequence[Indexer], control: Control) -> Heard:
        """Read the feeds once and hold every request that waits for a search against them."""
        if not target:
            control.log("warn", "No indexer is set up whose feed is to be read.")
            return Heard(0, 0, 0, 0)
        found = newest(tools, [source(each) for each in target], control)
        for trouble in found.troubles:
            control.log("warn", f"The feed of {trouble.indexer} cannot be read.", error=str(trouble.error))
        missing = matched = 0
        for page in _pages():
            missing += len(page)
            matched += _search_for(page, found.releases, job, control)
        away = sorted({trouble.indexer for trouble in found.troubles})
        return Heard(len(target), len(found.releases), missing, matched, away)


def _pages() -> Iterator[list[Request]]:
    last = 0
    while True:
        with engine().connect() as conn:
            page = requests.awaiting_search(conn, after=last, most=PAGE)
        if not page:
            return
        yield page
        last = page[-1].id


def _search_for(page: Sequence[Request], releases: Sequence[Release], job: Claimed, control: Control) -> int:
    """Enqueue a search for those of the page that a release hints at; what is not published yet is left alone."""
    with engine().begin() as conn:
        blocked = requests.blocked_of(conn, [request.id for request in page])
        wanted = []
        for request in page:
            keys = {each.release_key for each in blocked.get(request.id, ())}
            hashes = {each.info_hash for each in blocked.get(request.id, ()) if each.info_hash}
            hint = Hint.of(request.book.title, request.book.author)
            fitting = (each for each in releases if hint.fits(each.title) and not is_blocked(each, keys, hashes))
            first = next(fitting, None)
            if first is None or requests.is_held_back(conn, request.book.release_date):
                continue
            control.log("info", f"{request.label}: {first.title} ({first.indexer}) is in a feed.")
            wanted.append(request)
        return requests.search_again(conn, wanted, by=job.queue_name, job_id=job.id)
