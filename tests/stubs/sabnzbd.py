"""SABnzbd's API as its wiki has it, over real HTTP: a queue and a history that a test fills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from tasks.clients.downloads.types import ClientSettings
from tests.answering import answering

KEY = "0123456789abcdef"


class SABnzbdStub:
    """What it has, and what it was asked."""

    def __init__(self) -> None:
        self.queue: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.whole: dict[str, Any] = {"paused": False, "kbpersec": "1024.0", "diskspace1": "161.16"}
        self.uploads: list[tuple[str, bytes]] = []
        self.addresses: list[str] = []
        self.settings = ClientSettings("sabnzbd", "", password=KEY)

    async def answer(self, request: Request) -> Any:
        """One question."""
        self.addresses.append(str(request.url))
        async with request.form() as form:
            return await self._said(form)

    async def _said(self, form: Any) -> Any:
        if form.get("mode") == "version":
            return {"version": "4.3.2"}
        if form.get("apikey") != KEY:
            return PlainTextResponse("API Key Incorrect", 403)
        match form["mode"], form.get("name"):
            case "addfile", upload:
                return self._take(form, upload.filename, await upload.read())
            case ("queue" | "history") as mode, "delete":
                rows = getattr(self, mode)
                rows[:] = [row for row in rows if row["nzo_id"] != form["value"]]
                return {"status": True}
            case "change_cat", _:
                found = [row for row in self.queue if row["nzo_id"] == form["value"]]
                for row in found:
                    row["cat"] = form["value2"]
                return {"status": bool(found)}
            case ("queue" | "history") as mode, _:
                return {mode: {**self.whole, "slots": self._rows(mode, form)}}
        return {"status": False, "error": "not implemented"}

    def _take(self, form: Any, file: str, data: bytes) -> dict[str, Any]:
        id = f"SABnzbd_nzo_{len(self.uploads)}"
        self.uploads.append((file, data))
        row = {"nzo_id": id, "filename": form["nzbname"], "cat": form["cat"], "status": "Queued"}
        self.queue.append(row | {"mb": "200.0", "mbleft": "200.0", "timeleft": "0:00:00"})
        return {"status": True, "nzo_ids": [id]}

    def _rows(self, mode: str, form: Any) -> list[dict[str, Any]]:
        rows = getattr(self, mode)
        if ids := form.get("nzo_ids"):
            rows = [row for row in rows if row["nzo_id"] in ids.split(",")]
        if words := form.get("search"):
            rows = [row for row in rows if words in (row.get("filename") or row.get("name"))]
        return rows[: int(form.get("limit") or 10)]

    def finish(self, status: str, **fields: Any) -> None:
        """The first of the queue goes to the history."""
        row = self.queue.pop(0)
        ended = {"nzo_id": row["nzo_id"], "name": row["filename"], "category": row["cat"], "status": status}
        self.history.append(ended | {"bytes": 209_715_200, "fail_message": "", "storage": ""} | fields)


@contextmanager
def running_sabnzbd() -> Iterator[SABnzbdStub]:
    """The stub behind a socket."""
    stub, app = SABnzbdStub(), FastAPI()
    app.add_api_route("/api", stub.answer, methods=["POST"], response_model=None)
    with answering(app) as url:
        stub.settings = ClientSettings("sabnzbd", url, password=KEY)
        yield stub
