"""Watching downloads: each is one row that comes back every ten seconds until it is complete or has failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import CLIENTS, REFUSED_WAIT, Client, Download, TransitionError
from flows.queues import BY_NAME
from flows.requests.clients import Clients
from flows.requests.common import RequestWork
from flows.runs import SLOTS, work_off
from flows.work import Done, GivenUp, Snooze
from tasks.clients.downloads.patience import patient_statuses
from tasks.clients.downloads.types import Status
from tasks.control import Control
from tasks.errors import PermanentError, TransientError

#: Seconds between two looks at a download.
TICK = 10.0
#: A client that does not answer is asked less and less often, up to so many seconds apart, so many times in a row.
LONGEST_WAIT, MOST_UNREACHABLE = 300.0, 30
#: While a request is in one of these. What the library lists already is still to be removed once it is seeded.
WATCHED = frozenset({"downloading", "available"})
#: So many looks a client may need, after a start, to know again what it knew.
MOST_UNKNOWN = 6
#: So many looks a finished download may take to turn up where it is to stay; the first follow soon (seconds).
MOST_MISPLACED, SOON = 30, 2.0


@flow(name="monitor_download", task_runner=SLOTS, persist_result=False)
def monitor_download(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Watch downloads until they are complete."""
    return work_off(BY_NAME["monitor_download"], MonitorWork(), enqueue=enqueue, everything=everything)


class DownloadFailedError(PermanentError):
    """The client has given this download up: the release is not chosen again."""


@dataclass(frozen=True)
class Look:
    """What a client has said of all that it was asked for, and when (monotonic clock)."""

    statuses: Mapping[str, Status]
    at: float

    @property
    def age(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.at


@dataclass(frozen=True)
class Refusal:
    """How a client has refused, how it was set up then, and when that was (monotonic clock)."""

    error: PermanentError
    client: Client
    at: float

    def holds(self, client: Client | None) -> bool:
        """Whether it need not be asked again: that was just now, or nobody has put anything right since."""
        if client is None or _untroubled(client) != self.client:
            return False
        return time.monotonic() - self.at < (TICK if client.trouble is None else REFUSED_WAIT) / 2


def _untroubled(client: Client) -> Client:
    return replace(client, trouble=None, trouble_since=None)


class Watch:
    """One client and all that it downloads for us: it is asked once a tick, by whichever job comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look: Look | None = None
        self._refusal: Refusal | None = None

    def look(self, clients: Clients, wanted: Watched, control: Control) -> Look:
        """What the client says, or said a moment ago, of this download among the others.

        Raises:
            TransientError: it is away, or does not know this download.
            PermanentError: it does not let us in, or did not when it was asked last.
        """
        item = wanted.download.client_item_id
        with self._lock:
            if self._refusal and self._refusal.holds(wanted.client):
                raise self._refusal.error
            if self._look is None or self._look.age > TICK / 2 or item not in self._look.statuses:
                self._look = self._ask(clients, wanted, control)
            return self._look

    def _ask(self, clients: Clients, wanted: Watched, control: Control) -> Look:
        assert wanted.client is not None
        items = {wanted.download.client_item_id, *wanted.others}
        try:
            with clients.speaking(wanted.client, wanted.mappings) as program:
                return Look(patient_statuses(program, sorted(items), control), time.monotonic())
        except PermanentError as error:
            self._refusal = Refusal(error, _untroubled(wanted.client), time.monotonic())
            raise


@dataclass(frozen=True)
class Watched:
    """A download, its client, and what that downloads besides."""

    download: Download
    client: Client | None
    mappings: Sequence[tuple[str, str]]
    others: Sequence[str]


@dataclass(frozen=True)
class Seen:
    """How a download is doing; `status` is None where the client could not be asked."""

    status: Status | None
    finished: bool
    unreachable: int = 0
    misplaced: int = 0
    #: Why the client lets nobody in.
    refused: str | None = None
    #: Where the request has moved on and nothing is watched any more.
    dropped: bool = False

    @property
    def percent(self) -> int:
        """How much of it is there."""
        return int(self.status.progress * 100) if self.status else 0

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        if self.refused is not None:
            return {"completed": False, "refused": self.refused}
        if self.status is None:
            return {"completed": False, "dropped": self.dropped, "connectionFailures": self.unreachable}
        facts = {"completed": self.finished, "state": self.status.state, "progress": self.percent}
        return facts | {"speed": self.status.speed, "eta": self.status.eta}


class MonitorWork(RequestWork):
    """A batch is one question to each client. A client that is away costs no attempt until it has been for hours.

    One that lets nobody in costs none at all.
    """

    calls_for: tuple[str, ...] = ("organize_files", "send_notification")
    owns = frozenset({"downloading"})

    def __init__(self) -> None:
        self._watches: dict[int, Watch] = {}

    def open(self) -> Clients:
        """The clients, each connected once."""
        return Clients()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Watched]:
        """The downloads, with their clients and all that those are watched for."""
        found = requests.get_downloads(conn, [int(job.target_id) for job in jobs])
        clients = {each.id: each for each in CLIENTS.all(conn)}
        others, mappings = requests.watched_of(conn, list(clients)), requests.read_mappings(conn)
        for client in clients:
            self._watches.setdefault(client, Watch())
        watched = {}
        for job in jobs:
            if download := found.get(int(job.target_id)):
                client = download.client_id or 0
                also = [each.client_item_id for each in others.get(client, ())]
                watched[job.id] = Watched(download, clients.get(client), mappings.get(client, ()), also)
        return watched

    def run(self, tools: Clients, job: Claimed, target: Watched, control: Control) -> Seen | Snooze[Seen]:
        """Look at one download, and say when it is to be looked at again."""
        download = target.download
        if download.status != "downloading" or download.request_status not in WATCHED:
            return Seen(None, False, dropped=True)
        if target.client is None:
            raise PermanentError(f"The download client of {download.title} is not set up any more.")
        try:
            look = self._watches[target.client.id].look(tools, target, control)
        except TransientError as error:
            return _unreachable(target, error, control)
        except PermanentError as error:
            return _refused(target, error, control)
        status = look.statuses[download.client_item_id]
        if status.state == "missing":
            return _unknown(target, control)
        control.progress(status.progress)
        if status.state == "error":
            raise DownloadFailedError(f"{target.client.name}: {status.error or 'the download failed.'}")
        _tell_progress(control, download, status)
        if not status.finished:
            return Snooze(Seen(status, False), max(1.0, TICK - look.age))
        return _finished(target, status, control)

    def save(
        self, conn: Connection, done: Sequence[Done[Watched, Seen]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write what was seen; have what is complete put into the library."""
        return [(each.job, _save(conn, each)) for each in done if not each.result.dropped]

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """Let the requests fail, and block the releases that their clients have given up."""
        found = requests.get_downloads(conn, [int(given.job.target_id) for given in jobs])
        for given in jobs:
            download = found.get(int(given.job.target_id))
            if download is None or download.status != "downloading":
                continue
            failed = self.fail(conn, download.request_id, given)
            requests.change_download(conn, download.id, status="failed", error=given.error)
            if failed and isinstance(given.why, DownloadFailedError):
                _block(conn, download, given)


def _block(conn: Connection, download: Download, given: GivenUp) -> None:
    requests.block(
        conn,
        download.request_id,
        download.title,
        source="download_fail",
        reason=given.error,
        info_hash=download.info_hash,
        indexer=download.indexer,
        job_id=given.job.id,
    )


def _unreachable(target: Watched, error: TransientError, control: Control) -> Snooze[Seen]:
    assert target.client is not None
    times = target.download.unreachable + 1
    if times >= MOST_UNREACHABLE:
        # from now on each look spends an attempt
        raise TransientError(f"{target.client.name} has not answered {times} times in a row: {error}") from error
    wait = min(LONGEST_WAIT, TICK * 2.0 ** min(times, 10))
    control.progress(target.download.progress / 100)
    control.log("warn", f"{target.client.name} does not answer; it is asked again in {wait:.0f} s.", error=str(error))
    return Snooze(Seen(None, False, unreachable=times), wait)


def _refused(target: Watched, error: PermanentError, control: Control) -> Snooze[Seen]:
    """That it lets nobody in is no fault of the download, which waits until somebody has put it right."""
    assert target.client is not None
    control.progress(target.download.progress / 100)
    if target.client.trouble is None:
        control.log("warn", f"{target.client.name} cannot be asked; the download waits for that.", error=str(error))
    return Snooze(Seen(None, False, refused=str(error)), REFUSED_WAIT)


def _unknown(target: Watched, control: Control) -> Snooze[Seen]:
    """The client answers and does not list it. One that was started just now may still be reading what it has."""
    assert target.client is not None
    name, download, times = target.client.name, target.download, target.download.misplaced + 1
    if download.client_state is None or times > MOST_UNKNOWN:
        raise TransientError(f"{name} does not know {download.title}: it was not found there.")
    control.progress(download.progress / 100)
    if times == 1:
        control.log("warn", f"{name} does not know this download any more; was it started just now? It is asked again.")
    return Snooze(Seen(None, False, misplaced=times), TICK)


def _finished(target: Watched, status: Status, control: Control) -> Seen | Snooze[Seen]:
    """The client has it all; it may still be on its way to where this machine can see it."""
    if status.path is None:
        raise PermanentError("The client does not say where the files are.")
    if status.path.exists():
        control.log("info", f"{target.download.title} is complete: {status.path}")
        return Seen(status, True)
    times = target.download.misplaced + 1
    if times > MOST_MISPLACED:
        control.log("warn", f"{status.path} is not there; is a path mapping missing? Going on.")
        return Seen(status, True)
    if times == 1:
        control.log("warn", f"Complete, but {status.path} is not there yet; looking again soon.")
    return Snooze(Seen(status, False, misplaced=times), min(TICK, SOON * times))


def _tell_progress(control: Control, download: Download, status: Status) -> None:
    """One event for each five percent, and for each one below five."""
    before, now = (download.progress if download.checked_at else -1), int(status.progress * 100)
    if now != before and (now < 5 or now // 5 > before // 5):
        control.log("info", f"{now} %, {status.state}", speed=status.speed, eta=status.eta)


def _save(conn: Connection, done: Done[Watched, Seen]) -> Sequence[FollowUp]:
    download, seen, job = done.target.download, done.result, done.job
    status, client = seen.status, done.target.client
    if client and seen.refused is not None:
        requests.say_refusal(conn, CLIENTS, client.id, seen.refused)
    if status is None:
        requests.change_download(conn, download.id, unreachable=seen.unreachable, misplaced=seen.misplaced)
        return []
    if client and client.trouble is not None:
        CLIENTS.change(conn, client.id, **requests.ASKED_AGAIN)
    facts = {"client_state": status.state, "progress": seen.percent, "speed": status.speed, "eta": status.eta}
    facts |= {"unreachable": 0, "misplaced": seen.misplaced, "size": status.size or download.size}
    if not seen.finished:
        requests.change_download(conn, download.id, **facts)
        requests.say_progress(conn, download.request_id, seen.percent)
        return []
    requests.complete_download(conn, download.id, path=str(status.path), **facts)
    try:
        message = f"{download.title} is complete; its files are put into the library."
        requests.transition(conn, download.request_id, "processing", message, by=job.queue_name, job_id=job.id)
    except TransitionError:
        return []  # it was withdrawn, or found in the library, at this moment
    payload = {"download": download.id}
    return [FollowUp("organize_files", str(download.request_id), job.target_label, "request", payload=payload)]
