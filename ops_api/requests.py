"""What a person may do about requests: ask, withdraw, try again, search, choose, approve, take files that are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from db import dashboard, requests
from db.ledger import Enqueued
from db.requests import MEANINGS, NewBook, Request
from flows.queues import BY_NAME
from ops_api import models, overview
from ops_api.access import current
from ops_api.desk import NOT_STARTED, Desk
from ops_api.words import counted

#: So many of a request's jobs are listed.
JOBS = 25


@dataclass(frozen=True)
class RequestDesk:
    """Requests, and who starts what is enqueued for them. Each method is one transaction, which the audit names."""

    engine: Engine
    desk: Desk

    def ask(self, wanted: models.NewRequest, *, source: str = "api") -> models.RequestMade:
        """Ask for a book."""
        said = wanted.model_dump(exclude={"search", "search_terms", "action"})
        with self.desk.acting("request", title=wanted.title, author=wanted.author, asin=wanted.asin) as conn:
            made = requests.create_request(
                conn,
                NewBook(**said),
                by=_who(),
                source=source,
                may_approve=may_approve(),
                search=wanted.search,
                search_terms=wanted.search_terms,
            )
            known = requests.get_request(conn, made.id)
        return models.RequestMade(message=f"{known.label}: {made.message}{self._start()}", request=shown(known))

    def swipe(self, wanted: models.Swipe) -> models.Swiped:
        """Ask for a suggested book that was swiped to the right, as for any other."""
        if wanted.action == "right":
            made = self.ask(wanted, source="swipe")
            return models.Swiped(message=made.message, request=made.request)
        return models.Swiped(message=f"{wanted.title} by {wanted.author} is not asked for.", request=None)

    def cancel(self, request_id: int, *, remove_downloads: bool = False) -> models.RequestChanged:
        """Withdraw a request; end its jobs, and remove what it downloaded where that is asked for."""
        with self.desk.acting("request-cancel", request=request_id, remove_downloads=remove_downloads) as conn:
            done = requests.cancel_request(conn, request_id, by=_who(), remove_downloads=remove_downloads)
            known = requests.get_request(conn, request_id)
        ended = done.jobs.cancelled + done.jobs.cancelling
        parts = [f"Withdrew the request for {known.label}."]
        parts += [f"{counted(ended, 'job')} {'ends' if ended == 1 else 'end'} with it."] if ended else []
        parts += [f"{counted(done.removing, 'download')} will be removed."] if done.removing else []
        if done.removing:
            self.desk.starter.start_soon()
        return models.RequestChanged(message=" ".join(parts), request=shown(known))

    def retry(self, request_id: int) -> models.RequestChanged:
        """Go on where a request stopped."""
        return self._do("request-retry", request_id, lambda conn: requests.retry_request(conn, request_id, by=_who()))

    def search_now(self, request_id: int, terms: str | None = None) -> models.RequestChanged:
        """Search for a request at once, published or not."""

        def act(conn: Connection) -> Enqueued:
            return requests.search_now(conn, request_id, by=_who(), terms=terms)

        return self._do("request-search", request_id, act, terms=terms)

    def look_for_releases(self, request_id: int, terms: str | None = None) -> models.SearchWanted:
        """Search for a person who wants to choose."""
        with self.desk.acting("request-releases", request=request_id, terms=terms) as conn:
            made = requests.look_for_releases(conn, request_id, terms=terms)
        return models.SearchWanted(**dict(self.desk.told(BY_NAME["search_indexers"], made)))

    def choose(self, request_id: int, release_id: int) -> models.RequestChanged:
        """Have this release downloaded and no other."""

        def act(conn: Connection) -> Enqueued:
            return requests.choose_release(conn, request_id, release_id, by=_who(), may_approve=may_approve())

        return self._do("request-choose", request_id, act, release=release_id)

    def approve(self, request_id: int) -> models.RequestChanged:
        """Let a request go ahead."""

        def act(conn: Connection) -> Enqueued:
            return requests.approve_request(conn, request_id, by=_who())

        return self._do("request-approve", request_id, act)

    def deny(self, request_id: int, reason: str | None = None) -> models.RequestChanged:
        """Deny a request."""

        def act(conn: Connection) -> Enqueued:
            requests.deny_request(conn, request_id, by=_who(), reason=reason)
            return Enqueued()

        return self._do("request-deny", request_id, act, reason=reason)

    def import_files(self, request_id: int, path: str) -> models.RequestChanged:
        """Put files that are there already into the library."""

        def act(conn: Connection) -> Enqueued:
            return requests.import_files(conn, request_id, path, by=_who())

        return self._do("request-import", request_id, act, path=path)

    def block(self, request_id: int, release_id: int, reason: str) -> models.Told:
        """Have a release not chosen again for a request."""
        with self.desk.acting("request-block", request=request_id, release=release_id) as conn:
            found = requests.get_release(conn, request_id, release_id)
            requests.block(
                conn,
                request_id,
                found.title,
                source="manual",
                reason=reason,
                info_hash=found.info_hash,
                indexer=found.indexer,
            )
        return models.Told(message=f"{found.title} is not chosen again for this request.")

    def unblock(self, request_id: int, blocked_id: int) -> models.Told:
        """Let a release be chosen again."""
        with self.desk.acting("request-unblock", request=request_id, blocked=blocked_id) as conn:
            requests.unblock(conn, request_id, blocked_id)
        return models.Told(message="The release may be chosen again.")

    def _do(
        self, action: str, request_id: int, act: Callable[[Connection], Enqueued], **details: Any
    ) -> models.RequestChanged:
        with self.desk.acting(action, request=request_id, **details) as conn:
            made = act(conn)
            known = requests.get_request(conn, request_id)
        started = self._start() if made.enqueued else ""
        message = f"{known.label}: {MEANINGS[known.status].lower()}.{started}"
        return models.RequestChanged(message=message, request=shown(known), job_ids=list(made.job_ids))

    def _start(self) -> str:
        return "" if self.desk.starter.start_soon() else NOT_STARTED


def may_approve() -> bool:
    """Whether the one who asks may approve requests, their own as well."""
    asks = current.who()
    return asks is not None and asks.may("admin")


def _who() -> str:
    return str(current.who() or "somebody")


def shown(request: Request) -> models.BookRequest:
    """A request as the API says it."""
    said = vars(request) | {"book": asdict(request.book), "meaning": MEANINGS[request.status]}
    return models.BookRequest.model_validate(said)


def story(conn: Connection, request_id: int) -> models.RequestStory:
    """A request with all that became of it."""
    request = requests.get_request(conn, request_id)
    jobs = [dashboard.job(conn, job_id) for job_id in requests.jobs_of(conn, request_id, most=JOBS)]
    return models.RequestStory(
        **dict(shown(request)),
        history=[models.RequestStep.model_validate(step) for step in requests.read_history(conn, request_id)],
        downloads=[models.RequestDownload.model_validate(each) for each in requests.downloads_of(conn, request_id)],
        blocked=[
            models.BlockedRelease.model_validate(each)
            for each in requests.blocked_of(conn, [request_id]).get(request_id, ())
        ],
        jobs=[overview.job(row) for row in jobs if row is not None],
    )


def releases(conn: Connection, request_id: int) -> models.Releases:
    """What the last search has found."""
    requests.get_request(conn, request_id)
    found = [models.Release.model_validate(each) for each in requests.list_releases(conn, request_id)]
    return models.Releases(releases=found, searching=requests.is_searched_for(conn, request_id))
