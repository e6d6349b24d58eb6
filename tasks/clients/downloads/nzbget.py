"""NZBGet 18 and newer, by JSON-RPC (nzbget.com/documentation/api)."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tasks.clients.downloads import nzb
from tasks.clients.downloads.types import MISSING, ClientSettings, DownloadNotFoundError, Grab, State, Status
from tasks.clients.web import Bounds, Web
from tasks.clients.words import repeatable
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError
from tasks.requests.path_mapping import to_local

BOUNDS = Bounds(64 << 20, 60)
#: What a download in the queue does; verifying, repairing, unpacking and moving are `downloading` too.
STATES: dict[str, State] = {"QUEUED": "queued", "PAUSED": "paused"}
#: Ends that look like success and are none: what is there cannot be used.
UNUSABLE = frozenset({"WARNING/PASSWORD", "WARNING/SPACE", "WARNING/DAMAGED", "WARNING/REPAIRABLE"})
#: Why a download ended badly, by the second half of its status.
REASONS = {
    "HEALTH": "too many of its articles are missing",
    "PAR": "it is damaged and could not be repaired",
    "DAMAGED": "it is damaged, and checking it is switched off",
    "REPAIRABLE": "it is damaged, and repairing it is switched off",
    "UNPACK": "it could not be unpacked",
    "PASSWORD": "its archive has a password that nobody knows",
    "SPACE": "the disk is full; make room there, then let NZBGet post-process it again",
    "MOVE": "its files could not be moved to their folder; look whether the disk is full",
    "FETCH": "it could not be fetched",
    "SCAN": "its NZB could not be read",
    "BAD": "it was marked as bad",
    "MANUAL": "somebody deleted it there",
    "DUPE": "NZBGet has taken it for a duplicate",
    "COPY": "NZBGet has taken it for a copy",
}
#: MiB below which NZBGet's disk counts as full.
FULL = 100


class NZBGet:
    """One NZBGet. It has no session."""

    def __init__(self, settings: ClientSettings, web: Web) -> None:
        self._settings = settings
        self._web = web
        self._url = f"{settings.url.rstrip('/')}/jsonrpc"
        login = base64.b64encode(f"{settings.username}:{settings.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"} if settings.username or settings.password else {}

    @classmethod
    @contextmanager
    def opened(cls, settings: ClientSettings) -> Iterator[NZBGet]:
        """For as long as it is asked."""
        with Web() as web:
            yield cls(settings, web)

    def test(self) -> str:
        """As `DownloadClient.test`."""
        return str(self._call("version"))

    def add(self, grab: Grab) -> str:
        """As `DownloadClient.add`: known by its contents, unless it failed there. Its category says where it goes."""
        content = nzb.of(grab)
        key = nzb.digest(content)
        if there := self._known(key):
            return there
        packed = base64.b64encode(content).decode()
        # name, content, category, priority, to the top, paused, duplicate key, score and mode, parameters
        rest: tuple[object, ...] = (0, False, False, key, 0, "FORCE", [])
        id = self._call("append", nzb.file_name(grab.name), packed, grab.category or "", *rest)
        if not isinstance(id, int) or id <= 0:
            raise PermanentError("NZBGet refuses this NZB. Its log says why; choose another release.")
        return str(id)

    def statuses(self, ids: Collection[str]) -> dict[str, Status]:
        """As `DownloadClient.statuses`: the queue, then the history, where what leaves the first turns up."""
        queue = [row for row in self._rows("listgroups", 0) if str(row["NZBID"]) in ids]
        whole = self._call("status") if queue else {}
        found = {str(row["NZBID"]): self._queued(row, whole) for row in queue}
        found |= {str(row["NZBID"]): self._ended(row) for row in self._rows("history", False)}
        return {id: found.get(id, MISSING) for id in ids}

    def remove(self, id: str, *, delete_files: bool) -> None:
        """As `DownloadClient.remove`. Of what is finished NZBGet forgets all but the files, whatever is wanted."""
        if id.isdecimal():
            self._call("editqueue", "GroupFinalDelete", "", [int(id)])
            self._call("editqueue", "HistoryFinalDelete" if delete_files else "HistoryDelete", "", [int(id)])

    def set_category(self, id: str, category: str) -> None:
        """As `DownloadClient.set_category`."""
        for action in ("GroupSetCategory", "HistorySetCategory"):
            if id.isdecimal() and self._call("editqueue", action, category, [int(id)]):
                return
        raise DownloadNotFoundError("NZBGet does not know this download.")

    def _known(self, key: str) -> str | None:
        queue, history = self._rows("listgroups", 0), self._rows("history", False)
        good = [row for row in history if not _has_failed(str(row.get("Status", "")))]
        return next((str(row["NZBID"]) for row in [*queue, *good] if row.get("DupeKey") == key), None)

    def _rows(self, method: str, *words: object) -> list[Mapping[str, Any]]:
        rows = self._call(method, *words)
        return [row for row in rows if isinstance(row, dict) and "NZBID" in row] if isinstance(rows, list) else []

    def _queued(self, row: Mapping[str, Any], whole: Mapping[str, Any]) -> Status:
        size, left = _bytes(row, "FileSize"), _bytes(row, "RemainingSize")
        speed = int(whole.get("DownloadRate") or 0)
        state = STATES.get(str(row.get("Status")), "downloading")
        held = bool(whole.get("DownloadPaused")) and state in ("queued", "downloading") and left > 0
        full = held and int(whole.get("FreeDiskSpaceMB") or FULL) < FULL
        return Status(
            "paused" if held else state,
            name=str(row.get("NZBName", "")),
            progress=min(1.0, max(0.0, 1 - left / size)) if size else 0.0,
            size=size,
            downloaded=max(0, size - left),
            speed=speed if state == "downloading" else 0,
            eta=left // speed if speed and state == "downloading" else None,
            category=row.get("Category") or None,
            error="The disk of NZBGet is full. Make room there, then resume its downloads." if full else None,
        )

    def _ended(self, row: Mapping[str, Any]) -> Status:
        said, size = str(row.get("Status", "")), _bytes(row, "FileSize")
        failed = _has_failed(said)
        path = row.get("FinalDir") or row.get("DestDir") or ""
        reason = REASONS.get(said.partition("/")[2], f"it says {said}")
        return Status(
            "error" if failed else "completed",
            name=str(row.get("Name", "")),
            progress=0.0 if failed else 1.0,
            size=size,
            downloaded=0 if failed else size,
            path=to_local(path, self._settings.mappings) if path and not failed else None,
            category=row.get("Category") or None,
            error=f"NZBGet could not finish this download: {reason}." if failed else None,
        )

    def _call(self, method: str, *words: object) -> Any:
        """Raises as `DownloadClient` does."""
        question = {"method": method, "params": words}
        where = f"NZBGet at {self._settings.url}"
        try:
            answer = self._web.ask("POST", self._url, BOUNDS, NoControl(), headers=self._headers, json=question)
        except (PermanentError, TransientError) as error:
            raise type(error)(f"{where}: {repeatable(str(error), self._settings.password)}") from error
        if answer.status in (401, 403):
            raise PermanentError(f"{where} refuses the user name or the password. Correct them.")
        if answer.status >= 500:
            raise TransientError(f"{where} answers {answer.status}.")
        try:
            said = json.loads(answer.body)
            if "result" in said and not said.get("error"):
                return said["result"]
        except (ValueError, TypeError, AttributeError):
            said = f"status {answer.status}"
        strange = f"What answers at {self._settings.url} does not do so as NZBGet does"
        raise PermanentError(f"{strange}: {repeatable(str(said), self._settings.password)}")


def _has_failed(said: str) -> bool:
    return said.startswith(("FAILURE", "DELETED")) or said in UNUSABLE


def _bytes(row: Mapping[str, Any], name: str) -> int:
    """JSON-RPC's numbers here have 32 bits, so a size comes in two."""
    return (int(row.get(f"{name}Hi") or 0) << 32) + int(row.get(f"{name}Lo") or 0)
