"""What was handed to download clients, and how it is doing there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.requests.states import Status


@dataclass(frozen=True, kw_only=True)
class NewDownload:
    """A release that a client has taken."""

    request_id: int
    #: None where the client is not set up any more.
    client_id: int | None
    client: str
    client_item_id: str
    indexer_id: int | None
    indexer: str
    protocol: str
    title: str
    info_hash: str | None
    info_url: str | None
    size: int | None
    seeders: int | None
    leechers: int | None
    score: float | None


@dataclass(frozen=True, kw_only=True)
class Download(NewDownload):
    """A download as it was when its client was last asked."""

    id: int
    status: str
    client_state: str | None
    progress: int
    speed: int | None
    eta: int | None
    unreachable: int
    misplaced: int
    error: str | None
    path: str | None
    started_at: datetime
    checked_at: datetime | None
    completed_at: datetime | None
    request_status: Status


_NEW = tuple(NewDownload.__dataclass_fields__)
_OWN = tuple(name for name in Download.__dataclass_fields__ if name != "request_status")
_SELECT = f"""
    SELECT {", ".join(f"d.{name}" for name in _OWN)}, r.status AS request_status
    FROM download_history d JOIN requests r ON r.id = d.request_id
"""  # noqa: S608  (constants)
_BY_ID = text(f"{_SELECT} WHERE d.id = ANY(:ids)")
_OF_REQUEST = text(f"{_SELECT} WHERE d.request_id = :id ORDER BY d.id")
_UNDER_WAY = text(f"{_SELECT} WHERE d.request_id = ANY(:ids) AND d.status = 'downloading'")
_WATCHED = text(f"{_SELECT} WHERE d.status = 'downloading' AND d.client_id = ANY(:clients) ORDER BY d.id")
_REPLACE = text(
    "UPDATE download_history SET status = 'replaced' WHERE request_id = :id AND status = 'downloading' RETURNING id"
)
_ADD = text(
    f"""
    INSERT INTO download_history ({", ".join(_NEW)}, status) VALUES ({", ".join(f":{name}" for name in _NEW)}, :status)
    RETURNING id
    """  # noqa: S608
)
_COUNT = text("UPDATE requests SET download_attempts = download_attempts + 1 WHERE id = :id")
_COMPLETE = text("UPDATE download_history SET completed_at = now() WHERE id = :id")
_PROGRESS = text(
    "UPDATE requests SET progress = :progress, updated_at = now()"
    " WHERE id = :id AND status = 'downloading' AND progress <> :progress"
)


def add_download(conn: Connection, wanted: NewDownload, *, status: str = "downloading") -> tuple[int, list[int]]:
    """Remember what a client has taken; returns its id, and those of the request's that it takes the place of."""
    replaced = list(conn.execute(_REPLACE, {"id": wanted.request_id}).scalars()) if status == "downloading" else []
    conn.execute(_COUNT, {"id": wanted.request_id})
    made: int = conn.execute(_ADD, vars(wanted) | {"status": status}).scalar_one()
    return made, replaced


def get_downloads(conn: Connection, ids: Sequence[int]) -> dict[int, Download]:
    """Those of them that are there, by id."""
    return {row["id"]: Download(**row) for row in conn.execute(_BY_ID, {"ids": list(ids)}).mappings()}


def downloads_of(conn: Connection, request_id: int) -> list[Download]:
    """All that a request has led to, the newest last."""
    return [Download(**row) for row in conn.execute(_OF_REQUEST, {"id": request_id}).mappings()]


def under_way(conn: Connection, request_ids: Sequence[int]) -> dict[int, Download]:
    """What is being downloaded for these requests, by request: one thing at a time."""
    rows = conn.execute(_UNDER_WAY, {"ids": list(request_ids)}).mappings()
    return {row["request_id"]: Download(**row) for row in rows}


def watched_of(conn: Connection, client_ids: Sequence[int]) -> dict[int, list[Download]]:
    """What is to be watched, by client."""
    found: dict[int, list[Download]] = {client: [] for client in client_ids}
    for row in conn.execute(_WATCHED, {"clients": list(client_ids)}).mappings():
        found[row["client_id"]].append(Download(**row))
    return found


def change_download(conn: Connection, download_id: int, **values: Any) -> None:
    """Write what was seen of a download."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    statement = f"UPDATE download_history SET checked_at = now(), {sets} WHERE id = :id"  # noqa: S608  (own names)
    conn.execute(text(statement), values | {"id": download_id})


def complete_download(conn: Connection, download_id: int, **values: Any) -> None:
    """Write that all of a download is there."""
    change_download(conn, download_id, status="completed", **values)
    conn.execute(_COMPLETE, {"id": download_id})


def say_progress(conn: Connection, request_id: int, progress: int) -> None:
    """Say on a request how far its download is, percent."""
    conn.execute(_PROGRESS, {"id": request_id, "progress": progress})
