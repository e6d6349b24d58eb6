"""Removing downloads: seeded for long enough, in the library and of no more use, or wanted by nobody any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed
from db.requests import CLIENTS, Client, Download, Seeded
from flows.database import engine
from flows.queues import BY_NAME
from flows.requests.clients import Clients
from flows.requests.sweeps import Sweep
from flows.runs import SLOTS, work_off
from tasks.clients.downloads.types import DownloadClient
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.requests import leftovers

#: So many are looked at in one sweep.
MOST = 100


@flow(name="cleanup_seeded_torrents", task_runner=SLOTS, persist_result=False)
def cleanup_seeded_torrents(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Remove torrents that were seeded for long enough, and downloads that nobody wants any more."""
    return work_off(BY_NAME["cleanup_seeded_torrents"], CleanupWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Cleaned:
    """How many downloads were looked at, removed, left to seed on, and left to seed for ever."""

    checked: int = 0
    cleaned: int = 0
    skipped: int = 0
    unlimited: int = 0

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class ToClean:
    """The clients that are set up, and the one download that is meant; none where all are."""

    clients: Mapping[int, Client]
    mappings: Mapping[int, Sequence[tuple[str, str]]]
    library: Path | None = None
    only: Download | None = None


class CleanupWork(Sweep):
    """By the clock, all that is available and seeded; by request, one download, however it is doing."""

    calls_for: tuple[str, ...] = ()

    def open(self) -> Clients:
        """The clients, each connected once."""
        return Clients()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, ToClean]:
        """The clients, and the downloads that are named."""
        clients, mappings = {each.id: each for each in CLIENTS.all(conn)}, requests.read_mappings(conn)
        library = requests.read_settings(conn).library_folder
        named = requests.get_downloads(conn, [int(job.target_id) for job in jobs if job.target_type == "download"])
        return {
            job.id: ToClean(clients, mappings, Path(library) if library else None, named.get(int(job.target_id)))
            for job in jobs
            if job.target_type != "download" or int(job.target_id) in named
        }

    def run(self, tools: Clients, job: Claimed, target: ToClean, control: Control) -> Cleaned:
        """Remove what is to go, with its files: the library has its own."""
        if target.only is not None:
            return _remove_one(tools, target, target.only, control)
        with engine().connect() as conn:
            found = requests.seeded(conn, most=MOST)
        limited = [each for each in found if not each.unlimited]
        cleaned = sum(
            _clean(tools, target, client, theirs, control) for client, theirs in requests.clients_of(limited).items()
        )
        done = Cleaned(len(found), cleaned, len(limited) - cleaned, len(found) - len(limited))
        control.log("info", f"Of {done.checked} torrents, {done.cleaned} were removed.", **done.said())
        return done


def _remove_one(clients: Clients, target: ToClean, download: Download, control: Control) -> Cleaned:
    client = target.clients.get(download.client_id or 0)
    if client is None:
        raise PermanentError(
            f"The download client of {download.title} is not set up any more; remove it there by hand."
        )
    with clients.speaking(client, target.mappings.get(client.id, ())) as program:
        return Cleaned(1, int(_remove(program, target, client, download, control)))


def _clean(clients: Clients, target: ToClean, client_id: int, theirs: Sequence[Seeded], control: Control) -> int:
    """Remove those of one client's that were seeded for long enough; a client that is away is asked the next time."""
    client = target.clients[client_id]
    try:
        with clients.speaking(client, target.mappings.get(client.id, ())) as program:
            statuses = program.statuses([each.download.client_item_id for each in theirs])
            cleaned = 0
            for each in theirs:
                status = statuses[each.download.client_item_id]
                gone = status.state == "missing"
                with engine().begin() as conn:
                    requests.change_download(conn, each.download.id, status="removed" if gone else "completed")
                if not gone and each.is_enough(status.seeding_seconds, status.ratio):
                    cleaned += _remove(program, target, client, each.download, control)
            return cleaned
    except (PermanentError, TransientError) as error:
        control.log("warn", f"{client.name} could not be asked.", error=str(error))
        return 0


def _remove(program: DownloadClient, target: ToClean, client: Client, download: Download, control: Control) -> bool:
    """Remove one, unless another request still needs it."""
    control.check()
    with engine().connect() as conn:
        if requests.is_shared(conn, download.id):
            control.log("info", f"{download.title} stays: another request needs it.")
            return False
    left = _left_by(program, client, download)
    program.remove(download.client_item_id, delete_files=True)
    if left:
        _remove_files(left, target, download)
    with engine().begin() as conn:
        requests.change_download(conn, download.id, status="removed")
    control.log("info", f"{client.name} has removed {download.title}.")
    return True


def _left_by(program: DownloadClient, client: Client, download: Download) -> Sequence[Path]:
    """What a client leaves where it is although it is told to delete it: usenet's clients do, of what is finished."""
    if client.protocol == "torrent":
        return ()
    status = program.statuses([download.client_item_id])[download.client_item_id]
    path = status.path or (Path(download.path) if download.path else None)
    return status.files or ((path,) if path else ())


def _remove_files(left: Sequence[Path], target: ToClean, download: Download) -> None:
    with engine().connect() as conn:
        others = requests.in_use(conn, download.id)
    roots = [local for pairs in target.mappings.values() for _, local in pairs]
    leftovers.remove(left, library=target.library, keep=map(Path, (*others, *roots)))
