"""Handing a release to a download client: the chosen one, or the next best where that cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import CLIENTS, INDEXERS, Client, FoundRelease, Indexer, NewDownload, Request, TransitionError
from flows.queues import BY_NAME
from flows.requests.clients import Clients
from flows.requests.common import RequestWork, begin
from flows.requests.programs import source
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.clients.downloads.types import Grab
from tasks.clients.indexers.fetching import Fetched, fetch
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.requests.release import Release

#: A client may not know a download in the first moments (seconds).
FIRST_LOOK = 3.0
#: So many releases are tried in one attempt.
MOST = 10
NO_RELEASE = "No release is left that could be downloaded. Search again, or choose one by hand."


@flow(name="download_torrent", task_runner=SLOTS, persist_result=False)
def download_torrent(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Hand chosen releases to download clients."""
    return work_off(BY_NAME["download_torrent"], GrabWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class ToGrab:
    """A request, the releases that may be taken in order, whom they are from, and who can download them."""

    request: Request
    candidates: Sequence[FoundRelease]
    indexers: Mapping[int, Indexer]
    clients: Sequence[Client]
    mappings: Mapping[int, Sequence[tuple[str, str]]]

    def client_for(self, release: FoundRelease) -> Client | None:
        """The first client that downloads this kind of release."""
        return next((each for each in self.clients if each.protocol == release.protocol), None)


@dataclass(frozen=True)
class Grabbed:
    """What a client has taken, and by which name it knows it."""

    release: FoundRelease
    client: Client
    item_id: str
    info_hash: str | None
    size: int | None
    place: int

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        about = {"title": self.release.title, "size": self.size, "seeders": self.release.seeders}
        return {"client": self.client.name, "clientId": self.item_id, "release": about, "place": self.place}


class GrabWork(RequestWork):
    """Every candidate in turn. What is tried again after a failure is the whole list."""

    calls_for: tuple[str, ...] = ("monitor_download", "cleanup_seeded_torrents", "send_notification")
    owns = frozenset({"downloading"})

    def open(self) -> AbstractContextManager[tuple[Web, Clients]]:
        """The way to the indexers, and the clients."""
        return _tools()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, ToGrab]:
        """The requests with what their last search has found."""
        found = requests.get_requests(conn, [int(job.target_id) for job in jobs])
        indexers = {each.id: each for each in INDEXERS.all(conn)}
        clients, mappings = CLIENTS.enabled(conn), requests.read_mappings(conn)
        return {
            job.id: ToGrab(request, _candidates(conn, request.id, job.payload), indexers, clients, mappings)
            for job in jobs
            if (request := found.get(int(job.target_id)))
        }

    def run(self, tools: tuple[Web, Clients], job: Claimed, target: ToGrab, control: Control) -> Grabbed:
        """Fetch the best release and hand it over; the next one where a server refuses it."""
        web, clients = tools
        begin(job, target.request.id, "downloading", "Handing a release to a download client.")
        failed: list[PermanentError | TransientError] = []
        for place, release in enumerate(target.candidates, 1):
            control.check()
            try:
                client, fetched = _fetch(web, target, release, control)
            except (PermanentError, TransientError) as error:
                failed.append(error)
                left = len(target.candidates) - place
                what_next = f"the next of {left} is tried" if left else "it was the last"
                control.log("warn", f"{release.title} cannot be had; {what_next}.", error=str(error))
                continue
            # a client that refuses one release would refuse the next: that is no reason to fetch more of them
            with clients.speaking(client, target.mappings.get(client.id, ())) as program:
                item = program.add(_grab(release, fetched, client))
            control.log("info", f"{client.name} has taken {release.title}.", id=item, place=place)
            return Grabbed(release, client, item, fetched.info_hash, fetched.size or release.size, place)
        raise _together(failed)

    def save(
        self, conn: Connection, done: Sequence[Done[ToGrab, Grabbed]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Remember the download and have it watched; one whose request was withdrawn meanwhile is removed again."""
        return [(each.job, self._save(conn, each)) for each in done]

    def _save(self, conn: Connection, done: Done[ToGrab, Grabbed]) -> Sequence[FollowUp]:
        request, grabbed, job = done.target.request, done.result, done.job
        message = f"{grabbed.client.name} downloads {grabbed.release.title}."
        about: dict[str, Any] = {"by": job.queue_name, "job_id": job.id, "details": dict(grabbed.said())}
        try:
            requests.transition(conn, request.id, "downloading", message, news="request_grabbed", **about)
        except TransitionError:
            made, _ = requests.add_download(conn, _download(request, grabbed), status="replaced")
            return [_removal(made, request)]
        made, replaced = requests.add_download(conn, _download(request, grabbed))
        watch = FollowUp("monitor_download", str(made), request.label, "download", delay=FIRST_LOOK)
        return [watch, *(_removal(each, request) for each in replaced)]


@contextmanager
def _tools() -> Iterator[tuple[Web, Clients]]:
    with Web() as web, Clients() as clients:
        yield web, clients


def _fetch(web: Web, target: ToGrab, release: FoundRelease, control: Control) -> tuple[Client, Fetched]:
    """Who is to download this release, and what it leads to."""
    client = target.client_for(release)
    if client is None:
        raise PermanentError(f"No download client for {release.protocol} is enabled; add one, then retry.")
    indexer = target.indexers.get(release.indexer_id or 0)
    if indexer is None:
        raise PermanentError(f"The indexer {release.indexer} is not set up any more; search again.")
    return client, fetch(web, source(indexer), _as_said(release), control)


def _candidates(conn: Connection, request_id: int, payload: Mapping[str, Any]) -> Sequence[FoundRelease]:
    """What may be taken: the one that a person has chosen and no other, else all that are good enough."""
    found = requests.list_releases(conn, request_id)
    if "release" in payload:
        return [each for each in found if each.id == payload["release"]]
    if chosen := [each for each in found if each.chosen]:
        return chosen
    return [each for each in found if each.qualifies and not each.blocked][:MOST]


def _as_said(release: FoundRelease) -> Release:
    return Release(
        release.guid,
        release.title,
        release.indexer,
        release.indexer_id,
        "usenet" if release.protocol == "usenet" else "torrent",
        release.size,
        release.seeders,
        release.leechers,
        release.published_at,
        release.download_url,
        release.info_hash,
    )


def _grab(release: FoundRelease, fetched: Fetched, client: Client) -> Grab:
    return Grab(release.title, fetched.content, fetched.magnet, client.category, client.save_path)


def _download(request: Request, grabbed: Grabbed) -> NewDownload:
    release, client = grabbed.release, grabbed.client
    return NewDownload(
        request_id=request.id,
        client_id=client.id,
        client=client.kind,
        client_item_id=grabbed.item_id,
        indexer_id=release.indexer_id,
        indexer=release.indexer,
        protocol=release.protocol,
        title=release.title,
        info_hash=grabbed.info_hash or release.info_hash,
        info_url=release.info_url,
        size=grabbed.size,
        seeders=release.seeders,
        leechers=release.leechers,
        score=release.final_score,
    )


def _removal(download: int, request: Request) -> FollowUp:
    return FollowUp("cleanup_seeded_torrents", str(download), request.label, "download")


def _together(failed: Sequence[PermanentError | TransientError]) -> PermanentError | TransientError:
    """Several failures as one: the whole list is tried again if one of them may pass."""
    if not failed:
        return PermanentError(NO_RELEASE)
    words = "; ".join(dict.fromkeys(str(error) for error in failed))
    passing = [error.after for error in failed if isinstance(error, TransientError)]
    return TransientError(words, after=min(passing)) if passing else PermanentError(words)
