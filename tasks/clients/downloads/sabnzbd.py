"""SABnzbd 3 and newer, by its API (sabnzbd.org/wiki/configuration/api)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tasks.clients.downloads import nzb
from tasks.clients.downloads.types import MISSING, ClientSettings, DownloadNotFoundError, Grab, State, Status
from tasks.clients.web import Bounds, Web
from tasks.clients.words import repeatable
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError
from tasks.requests.path_mapping import to_local

BOUNDS = Bounds(64 << 20, 60)
#: What a download in the queue does. Whatever is not here, and all that is repaired or unpacked, is `downloading`.
STATES: dict[str, State] = {"Queued": "queued", "Propagating": "queued", "Paused": "paused"}
#: Of the history, the two ends.
COMPLETED, FAILED = "Completed", "Failed"
MIB = 1 << 20
#: GiB below which its disk counts as full.
FULL = 0.1
#: Rows of an answer; the history gives ten where no number is named.
ROWS = 1000


class SABnzbd:
    """One SABnzbd. It has no session; the key goes with every question, and never into an address."""

    def __init__(self, settings: ClientSettings, web: Web) -> None:
        self._settings = settings
        self._web = web
        self._url = f"{settings.url.rstrip('/')}/api"

    @classmethod
    @contextmanager
    def opened(cls, settings: ClientSettings) -> Iterator[SABnzbd]:
        """For as long as it is asked."""
        with Web() as web:
            yield cls(settings, web)

    def test(self) -> str:
        """As `DownloadClient.test`. It tells its version to everybody, so it is asked for its queue."""
        self._rows("queue", limit=1)
        return str(self._call("version").get("version", ""))

    def add(self, grab: Grab) -> str:
        """As `DownloadClient.add`: known by its name, unless it failed there. Its category says where it goes."""
        content = nzb.of(grab)
        file = nzb.file_name(grab.name)
        name = file.removesuffix(".nzb")
        if there := self._known(name):
            return there
        files = {"name": (file, content, "application/x-nzb")}
        said = self._call("addfile", files=files, nzbname=name, cat=grab.category or "*", pp=3)
        ids = said.get("nzo_ids") or []
        if not ids:
            raise PermanentError("SABnzbd refuses this NZB. Its warnings say why; choose another release.")
        return str(ids[0])

    def statuses(self, ids: Collection[str]) -> dict[str, Status]:
        """As `DownloadClient.statuses`: the queue, then the history, where what leaves the first turns up."""
        if not ids:
            return {}
        wanted = ",".join(ids)
        whole, queue = self._rows("queue", nzo_ids=wanted)
        _, history = self._rows("history", nzo_ids=wanted)
        found = {str(row.get("nzo_id")): self._queued(row, whole) for row in queue}
        found |= {str(row.get("nzo_id")): self._ended(row) for row in history}
        return {id: found.get(id, MISSING) for id in ids}

    def remove(self, id: str, *, delete_files: bool) -> None:
        """As `DownloadClient.remove`. Of what is finished SABnzbd forgets all but the files, whatever is wanted."""
        for mode in ("queue", "history"):
            self._call(mode, name="delete", value=id, del_files=int(delete_files))

    def set_category(self, id: str, category: str) -> None:
        """As `DownloadClient.set_category`. What is in the history keeps the one it has."""
        if not self._call("change_cat", value=id, value2=category).get("status") and id not in self._history(id):
            raise DownloadNotFoundError("SABnzbd does not know this download.")

    def _history(self, id: str) -> set[str]:
        return {str(row.get("nzo_id")) for row in self._rows("history", nzo_ids=id)[1]}

    def _known(self, name: str) -> str | None:
        queue, history = self._rows("queue", search=name)[1], self._rows("history", search=name)[1]
        good = [row for row in history if row.get("status") != FAILED]
        same = (row for row in [*queue, *good] if name in (row.get("filename"), row.get("name")))
        return next((str(row["nzo_id"]) for row in same if row.get("nzo_id")), None)

    def _queued(self, row: Mapping[str, Any], whole: Mapping[str, Any]) -> Status:
        size, left = (int(_number(row.get(name)) * MIB) for name in ("mb", "mbleft"))
        held = bool(whole.get("paused"))
        state = "paused" if held else STATES.get(str(row.get("status")), "downloading")
        going = state == "downloading"
        full = held and _number(whole.get("diskspace1"), FULL) < FULL
        return Status(
            state,
            name=str(row.get("filename", "")),
            progress=min(1.0, max(0.0, 1 - left / size)) if size else 0.0,
            size=size,
            downloaded=max(0, size - left),
            speed=int(_number(whole.get("kbpersec")) * 1024) if going else 0,
            eta=_seconds(str(row.get("timeleft", ""))) if going else None,
            category=row.get("cat") or None,
            error="The disk of SABnzbd is full. Make room there, then resume its downloads." if full else None,
        )

    def _ended(self, row: Mapping[str, Any]) -> Status:
        said, path, size = str(row.get("status")), str(row.get("storage") or ""), int(_number(row.get("bytes")))
        failed, done = said == FAILED, said == COMPLETED
        reason = repeatable(str(row.get("fail_message") or "it does not say why"))
        return Status(
            "error" if failed else "completed" if done else "downloading",
            name=str(row.get("name", "")),
            progress=0.0 if failed else 1.0,
            size=size,
            downloaded=0 if failed else size,
            path=to_local(path, self._settings.mappings) if path and done else None,
            # it is complete for a moment before it says where
            settled=bool(path),
            category=row.get("category") or None,
            error=f"SABnzbd could not finish this download: {reason}" if failed else None,
        )

    def _rows(self, mode: str, **words: object) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """The queue or the history: what is said of all of it, and its rows."""
        whole = self._call(mode, None, **{"limit": ROWS, **words}).get(mode)
        if not isinstance(whole, dict):
            raise self._strange(f"no {mode}")
        return whole, [row for row in whole.get("slots") or [] if isinstance(row, dict)]

    def _call(self, mode: str, files: Mapping[str, tuple[str, bytes, str]] | None = None, **words: object) -> Any:
        """Raises as `DownloadClient` does."""
        fields = {"mode": mode, "output": "json", "apikey": self._settings.password} | words
        data = {name: str(value) for name, value in fields.items()}
        form = httpx.Request("POST", self._url, data=data, files=files)
        where, headers = f"SABnzbd at {self._settings.url}", {"Content-Type": form.headers["content-type"]}
        try:
            answer = self._web.ask("POST", self._url, BOUNDS, NoControl(), headers=headers, content=form.read())
        except (PermanentError, TransientError) as error:
            raise type(error)(f"{where}: {repeatable(str(error), self._settings.password)}") from error
        if answer.status >= 500:
            raise TransientError(f"{where} answers {answer.status}.")
        return self._understood(answer.body, where)

    def _understood(self, body: bytes, where: str) -> dict[str, Any]:
        words = repeatable(body[:2000].decode(errors="replace"), self._settings.password or None)
        if b"api key" in body[:200].lower():
            raise PermanentError(f"{where} refuses the API key ({words}). Copy it anew from its General settings.")
        try:
            said = json.loads(body)
        except ValueError as error:
            raise self._strange(words) from error
        if not isinstance(said, dict):
            raise self._strange(words)
        if said.get("error"):
            raise PermanentError(f"{where} refuses: {repeatable(str(said['error']), self._settings.password)}")
        return said

    def _strange(self, said: str) -> PermanentError:
        return PermanentError(f"What answers at {self._settings.url} does not do so as SABnzbd does: {said}")


def _number(value: object, otherwise: float = 0.0) -> float:
    """It writes numbers as words."""
    try:
        return float(str(value))
    except ValueError:
        return otherwise


def _seconds(said: str) -> int | None:
    """Of hours, minutes and seconds, and days before them."""
    parts = said.split(":")
    if not said or not all(part.isdecimal() for part in parts):
        return None
    seconds = 0
    for part, unit in zip(reversed(parts), (1, 60, 3600, 86400), strict=False):
        seconds += int(part) * unit
    return seconds or None
