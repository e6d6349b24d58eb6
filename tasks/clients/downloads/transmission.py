"""Transmission 2.80 and newer, by its RPC (github.com/transmission/transmission, docs/rpc-spec.md)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import requests
import transmission_rpc as rpc

from tasks.clients.downloads import infohash
from tasks.clients.downloads.guard import PATIENCE, guard
from tasks.clients.downloads.types import MISSING, ClientSettings, DownloadNotFoundError, Grab, State, Status
from tasks.clients.words import repeatable
from tasks.errors import PermanentError, TransientError
from tasks.requests.path_mapping import to_local

Result = TypeVar("Result")

FIELDS = (
    *("hashString", "name", "status", "error", "errorString", "percentDone", "metadataPercentComplete"),
    *("sizeWhenDone", "haveValid", "haveUnchecked", "rateDownload", "eta", "isStalled", "isFinished"),
    *("downloadDir", "labels", "uploadRatio", "secondsSeeding", "leftUntilDone"),
)
#: Its numbers of what a torrent does. 1 and 2 check what is there.
STOPPED, DOWNLOAD_QUEUE, DOWNLOADING, SEED_QUEUE, SEEDING = 0, 3, 4, 5, 6
#: Of its kinds of trouble, 1 and 2 are the tracker's and pass; this one is of the files and ends the download.
LOCAL_ERROR = 3
#: Seeding without end: how far and how idle is decided by whoever asked for it.
UNLIMITED = 2
PATH = "/transmission/rpc"

#: The library would write a torrent's content, with somebody's key in it, to the log when an answer is no JSON.
_SILENT = logging.Logger("transmission", logging.CRITICAL + 1)


class _Guarded(rpc.Client):
    """The library's client, with bounds from its first question on."""

    @property
    def _http_session(self) -> requests.Session:
        return self._session

    @_http_session.setter
    def _http_session(self, session: requests.Session) -> None:
        session.hooks["response"] = [guard]
        self._session = session


class Transmission:
    """One Transmission, connected to when it is first asked."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._connected: _Guarded | None = None

    @classmethod
    @contextmanager
    def opened(cls, settings: ClientSettings) -> Iterator[Transmission]:
        """For as long as it is asked."""
        client = cls(settings)
        try:
            yield client
        finally:
            if client._connected:
                client._connected._http_session.close()

    def test(self) -> str:
        """As `DownloadClient.test`."""
        return self._ask(lambda api: api.get_session().version)

    def add(self, grab: Grab) -> str:
        """As `DownloadClient.add`. Older versions take labels only afterwards."""
        hashes = infohash.of_torrent(grab.content) if grab.content else infohash.of_magnet(grab.magnet or "")
        if there := next(iter(self._rows(hashes)), None):
            return there
        link = grab.content or grab.magnet or ""
        id = self._ask(lambda api: api.add_torrent(link, download_dir=grab.save_path).hash_string)
        labels = [grab.category] if grab.category else None
        self._ask(
            lambda api: api.change_torrent(id, labels=labels, seed_ratio_mode=UNLIMITED, seed_idle_mode=UNLIMITED)
        )
        return id

    def statuses(self, ids: Collection[str]) -> dict[str, Status]:
        """As `DownloadClient.statuses`."""
        rows = self._rows(ids)
        return {id: self._status(rows[id]) if id in rows else MISSING for id in ids}

    def remove(self, id: str, *, delete_files: bool) -> None:
        """As `DownloadClient.remove`."""
        self._ask(lambda api: api.remove_torrent(id, delete_data=delete_files))

    def set_category(self, id: str, category: str) -> None:
        """As `DownloadClient.set_category`: the torrent's only label."""
        if id not in self._rows([id]):
            raise DownloadNotFoundError("Transmission does not know this download.")
        self._ask(lambda api: api.change_torrent(id, labels=[category]))

    def _rows(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """By id, the fields of these torrents. An empty list would ask for all there are."""
        if not ids:
            return {}
        found = self._ask(lambda api: api.get_torrents(list(ids), arguments=FIELDS))
        return {one.hash_string.lower(): one.fields for one in found}

    def _status(self, row: Mapping[str, Any]) -> Status:
        broken = row.get("error") == LOCAL_ERROR
        state = "error" if broken else _state(row)
        name, folder = str(row.get("name", "")), str(row.get("downloadDir", ""))
        has_path = folder and name and row.get("metadataPercentComplete", 1) == 1
        return Status(
            state,
            name=name,
            progress=min(1.0, max(0.0, float(row.get("percentDone", 0)))),
            size=row.get("sizeWhenDone"),
            downloaded=row.get("haveValid", 0) + row.get("haveUnchecked", 0),
            speed=row.get("rateDownload", 0),
            eta=row["eta"] if row.get("eta", -1) >= 0 else None,
            path=to_local(f"{folder.rstrip('/')}/{name}", self._settings.mappings) if has_path else None,
            category=next(iter(row.get("labels") or ()), None),
            ratio=row["uploadRatio"] if row.get("uploadRatio", -1) >= 0 else None,
            seeding_seconds=row.get("secondsSeeding"),
            error=explained(str(row.get("errorString", ""))) if broken else None,
        )

    def _ask(self, question: Callable[[_Guarded], Result]) -> Result:
        """Raises as `DownloadClient` does."""
        try:
            if self._connected is None:
                self._connected = self._connect()
            return question(self._connected)
        except (PermanentError, TransientError) as error:
            raise type(error)(f"Transmission at {self._settings.url}: {error}") from error
        except (rpc.TransmissionError, requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise self._explained(error) from error

    def _connect(self) -> _Guarded:
        url: SplitResult = urlsplit(self._settings.url)
        https = url.scheme == "https"
        return _Guarded(
            protocol="https" if https else "http",
            host=f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or "",
            port=url.port or (443 if https else 80),
            path=url.path if url.path.strip("/") else PATH,
            username=self._settings.username or None,
            password=self._settings.password or None,
            timeout=PATIENCE[1],
            logger=_SILENT,
        )

    def _explained(self, error: Exception) -> Exception:
        url = self._settings.url
        if isinstance(error, rpc.TransmissionAuthError):
            return PermanentError(
                f"Transmission at {url} refuses the user name or the password, or this machine's address (its"
                " rpc-whitelist). Correct them."
            )
        said = repeatable(str(error), self._settings.password)
        if isinstance(error, rpc.TransmissionConnectError | requests.RequestException):
            return TransientError(f"Transmission does not answer at {url}: {said}")
        if not isinstance(error, rpc.TransmissionError) or error.response is None:
            return PermanentError(f"What answers at {url} does not do so as Transmission does: {said}")
        if "invalid or corrupt torrent" in str(error.response.get("result")):
            return PermanentError("Transmission refuses this torrent as corrupt. Choose another release.")
        return PermanentError(f"Transmission at {url} refuses: {said}")


def _state(row: Mapping[str, Any]) -> State:
    """It counts as complete only when it is all there: for a moment it is that and still `downloading`."""
    status, done = row.get("status"), row.get("leftUntilDone") == 0 and row.get("metadataPercentComplete", 1) == 1
    if status == STOPPED:
        return "completed" if done else "paused"
    if status in (SEED_QUEUE, SEEDING):
        return "seeding"
    if status == DOWNLOAD_QUEUE:
        return "queued"
    return "stalled" if status == DOWNLOADING and row.get("isStalled") else "downloading"


def explained(said: str) -> str:
    """What to do about a torrent of which Transmission says this."""
    if "no space left" in said.lower():
        return "The disk of Transmission is full. Make room there, then resume the download."
    return f"Transmission stopped this download: {repeatable(said) or 'it does not say why'}"
