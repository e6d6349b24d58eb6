"""Looking for releases of a book at every indexer, and choosing the best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import INDEXERS, Blocked, Book, Indexer, NewRelease, Request, TransitionError
from flows.queues import BY_NAME
from flows.requests.common import RequestWork, begin
from flows.requests.programs import source
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.clients.indexers.searching import Found, search
from tasks.clients.web import Web
from tasks.control import Control
from tasks.requests import title_match
from tasks.requests.blocklist import without_blocked
from tasks.requests.ranking import Preference, Ranked, rank
from tasks.requests.search_terms import search_terms

#: Of so many the points are told one by one.
TOLD = 3


@flow(name="search_indexers", task_runner=SLOTS, persist_result=False)
def search_indexers(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Look for releases of requested books and choose the best."""
    return work_off(BY_NAME["search_indexers"], SearchWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Sought:
    """A request, whom to ask, and what is not to be chosen."""

    request: Request
    indexers: Sequence[Indexer]
    blocked: Sequence[Blocked]


@dataclass(frozen=True)
class Searched:
    """What was found, the best first, how much of it was blocked, and who could not be asked."""

    ranked: Sequence[Ranked]
    #: Those that may be taken without a person's look at them.
    enough: Sequence[Ranked]
    found: int
    blocked: int
    troubles: Sequence[str]
    interactive: bool

    @property
    def best(self) -> Ranked | None:
        """The first of those that are good enough."""
        return next(iter(self.enough), None)

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        best = self.best
        chosen = None if best is None else {"title": best.release.title, "score": round(best.score.final, 2)}
        counts = {"results": self.found, "blocked": self.blocked, "ranked": len(self.ranked)}
        return counts | {"selected": None if self.interactive else chosen, "unreachable": list(self.troubles)}

    def rows(self) -> list[NewRelease]:
        """As they are kept for a person to choose from, and for whoever goes on."""
        enough = {(each.release.indexer, each.release.guid) for each in self.enough}
        return [
            _row(place, each, (each.release.indexer, each.release.guid) in enough)
            for place, each in enumerate(self.ranked, 1)
        ]

    def words(self) -> str:
        """Why nothing was chosen, in a sentence."""
        away = f" {', '.join(self.troubles)} did not answer." if self.troubles else ""
        if self.found == 0:
            return f"No indexer lists this book yet; it is searched for again by itself.{away}"
        if self.found == self.blocked:
            return f"All {self.found} releases that were found are blocked for this request.{away}"
        return f"None of {self.found} releases that were found is good enough; choose one by hand or wait.{away}"


class SearchWork(RequestWork):
    """Nothing good enough is no failure: the request waits and is searched for again. That nobody answers is one."""

    calls_for: tuple[str, ...] = ("download_torrent", "send_notification")
    owns = frozenset({"pending", "searching"})

    def open(self) -> Web:
        """The way to the indexers."""
        return Web()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Sought]:
        """The requests, the enabled indexers, and what is blocked."""
        ids = [int(job.target_id) for job in jobs]
        found, blocked = requests.get_requests(conn, ids), requests.blocked_of(conn, ids)
        indexers = INDEXERS.enabled(conn)
        return {
            job.id: Sought(found[request_id], indexers, blocked.get(request_id, ()))
            for job, request_id in zip(jobs, ids, strict=True)
            if request_id in found
        }

    def run(self, tools: Web, job: Claimed, target: Sought, control: Control) -> Searched:
        """Ask all indexers at once, leave out what is blocked, rank the rest."""
        request, interactive = target.request, bool(job.payload.get("interactive"))
        book = request.book
        if not interactive:
            begin(job, request.id, "searching", f"Asking {len(target.indexers)} indexers.")
        terms = job.payload.get("terms") or request.search_terms
        questions = search_terms(book.title, book.author, terms)
        found = search(tools, [source(each) for each in target.indexers], questions, control)
        keys = {each.release_key for each in target.blocked}
        hashes = {each.info_hash for each in target.blocked if each.info_hash}
        allowed, blocked = without_blocked(found.releases, keys, hashes)
        wanted = _as_sought(book, terms)
        preferences = _preferences(target.indexers)
        strictly = rank(wanted, allowed, preferences)
        enough = [each for each in strictly if each.score.qualifies]
        shown = rank(wanted, found.releases, preferences, require_author=False) if interactive else strictly
        done = Searched(shown, enough, len(found.releases), len(blocked), _away(found), interactive)
        _tell(control, done)
        if not interactive and done.best is None and found.incomplete and job.attempts + 1 < job.max_attempts:
            raise found.incomplete
        return done

    def save(
        self, conn: Connection, done: Sequence[Done[Sought, Searched]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Keep what was found; hand the best to a download client, or let the request wait."""
        return [(each.job, self._save(conn, each)) for each in done]

    def _save(self, conn: Connection, done: Done[Sought, Searched]) -> Sequence[FollowUp]:
        job, request, result = done.job, done.target.request, done.result
        requests.save_releases(conn, request.id, result.rows())
        if result.interactive:
            return []
        best = result.best
        try:
            if best is None:
                requests.transition(
                    conn, request.id, "awaiting_search", result.words(), by=job.queue_name, job_id=job.id
                )
                return []
            message = f"Chosen of {result.found} releases: {best.release.title} ({best.release.indexer})"
            more: dict[str, Any] = {"by": job.queue_name, "job_id": job.id, "details": best.score.said(), "progress": 0}
            requests.transition(conn, request.id, "downloading", message, **more)
        except TransitionError:
            return []  # it was withdrawn, or found in the library, while the indexers were asked
        return [FollowUp("download_torrent", str(request.id), request.label, "request")]


def _as_sought(book: Book, terms: str | None) -> title_match.Book:
    title, language = terms or book.title, book.language or "en"
    return title_match.Book(title, book.author, book.runtime_minutes, language, book.series_part)


def _preferences(indexers: Sequence[Indexer]) -> dict[int | None, Preference]:
    return {each.id: Preference(each.priority, each.flag_modifiers) for each in indexers}


def _away(found: Found) -> list[str]:
    return sorted({each.indexer for each in found.troubles})


def _tell(control: Control, done: Searched) -> None:
    control.log(
        "info",
        f"{done.found} releases were found, {done.blocked} of them blocked; {len(done.enough)} are good enough.",
    )
    for name in done.troubles:
        control.log("warn", f"{name} could not be asked.")
    for place, each in enumerate(done.ranked[:TOLD], 1):
        control.log("info", f"{place}. {each.release.title} ({each.release.indexer})", **each.score.said())
    if not done.interactive and done.best is None:
        control.log("warn", done.words())


def _row(place: int, ranked: Ranked, qualifies: bool) -> NewRelease:
    release, score = ranked.release, ranked.score
    return NewRelease(
        rank=place,
        guid=release.guid,
        title=release.title,
        indexer_id=release.indexer_id,
        indexer=release.indexer,
        protocol=release.protocol,
        size=release.size,
        seeders=release.seeders,
        leechers=release.leechers,
        published_at=release.published,
        download_url=release.download_url,
        info_hash=release.info_hash,
        info_url=release.info_url,
        flags=release.flags,
        base_score=score.base,
        final_score=score.final,
        breakdown=score.said(),
        qualifies=qualifies,
    )
