"""What the searches for a request have found, and what is never to be chosen for it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.requests.errors import RequestNotFoundError


@dataclass(frozen=True, kw_only=True)
class NewRelease:
    """A release with its points, as a search has found and ranked it."""

    rank: int
    guid: str
    title: str
    indexer_id: int | None
    indexer: str
    protocol: str
    size: int | None
    seeders: int | None
    leechers: int | None
    published_at: datetime | None
    download_url: str
    info_hash: str | None
    info_url: str | None
    flags: Sequence[str]
    base_score: float
    final_score: float
    breakdown: Mapping[str, Any]
    qualifies: bool


@dataclass(frozen=True, kw_only=True)
class FoundRelease(NewRelease):
    """A release that a person may choose."""

    id: int
    request_id: int
    chosen: bool
    blocked: bool
    created_at: datetime


@dataclass(frozen=True)
class Blocked:
    """A release that is not chosen again for a request."""

    id: int
    request_id: int
    release_key: str
    info_hash: str | None
    indexer: str | None
    source: str
    reason: str
    job_id: int | None
    created_at: datetime


_NAMES = tuple(NewRelease.__dataclass_fields__)
_FORGET = text(
    """
    WITH gone AS (DELETE FROM releases WHERE request_id = :id RETURNING guid, chosen)
    SELECT guid FROM gone WHERE chosen
    """
)
_CHOOSE_AGAIN = text(
    "UPDATE releases SET chosen = true WHERE id = "
    "(SELECT id FROM releases WHERE request_id = :id AND guid = :guid ORDER BY rank LIMIT 1)"
)
_ADD = text(
    f"""
    INSERT INTO releases (request_id, {", ".join(_NAMES)})
    SELECT :id, {", ".join(f"f.{name}" for name in _NAMES)}
    FROM jsonb_populate_recordset(NULL::releases, CAST(:found AS jsonb)) f
    """  # noqa: S608  (constants)
)
_SELECT = f"""
    SELECT f.id, f.request_id, f.chosen, f.created_at, {", ".join(f"f.{name}" for name in _NAMES)},
           EXISTS (SELECT FROM blocklist b WHERE b.request_id = f.request_id
                   AND (b.release_key = lower(btrim(f.title)) OR b.info_hash = f.info_hash)) AS blocked
    FROM releases f
"""  # noqa: S608
_LIST = text(f"{_SELECT} WHERE f.request_id = :id ORDER BY f.rank")
_GET = text(f"{_SELECT} WHERE f.request_id = :request AND f.id = :id")
_CHOOSE_NONE = text("UPDATE releases SET chosen = false WHERE request_id = :request AND chosen")
_CHOOSE = text("UPDATE releases SET chosen = true WHERE request_id = :request AND id = :id")
_BLOCK = text(
    """
    INSERT INTO blocklist (request_id, release_key, info_hash, indexer, source, reason, job_id)
    VALUES (:request, lower(btrim(:title)), :info_hash, :indexer, :source, :reason, :job)
    ON CONFLICT (request_id, release_key) DO NOTHING
    """
)
_BLOCKED = text(
    """
    SELECT id, request_id, release_key, info_hash, indexer, source, reason, job_id, created_at
    FROM blocklist WHERE request_id = ANY(:ids) ORDER BY id
    """
)
_UNBLOCK = text("DELETE FROM blocklist WHERE request_id = :request AND id = :id RETURNING id")


def save_releases(conn: Connection, request_id: int, found: Sequence[NewRelease]) -> None:
    """Keep what the newest search has found, in place of what the one before had. What was chosen stays so."""
    chosen = conn.execute(_FORGET, {"id": request_id}).scalar()
    if found:
        conn.execute(_ADD, {"id": request_id, "found": dump([asdict(each) for each in found])})
    if chosen is not None:
        conn.execute(_CHOOSE_AGAIN, {"id": request_id, "guid": chosen})


def list_releases(conn: Connection, request_id: int) -> list[FoundRelease]:
    """What the newest search has found, the best first."""
    return [FoundRelease(**row) for row in conn.execute(_LIST, {"id": request_id}).mappings()]


def get_release(conn: Connection, request_id: int, release_id: int) -> FoundRelease:
    """One of them.

    Raises:
        RequestNotFoundError: the request's newest search has found none with this id.
    """
    row = conn.execute(_GET, {"request": request_id, "id": release_id}).mappings().one_or_none()
    if row is None:
        raise RequestNotFoundError(f"The last search of request {request_id} has found no release {release_id}.")
    return FoundRelease(**row)


def mark_chosen(conn: Connection, request_id: int, release_id: int) -> None:
    """Note which one a person has chosen."""
    conn.execute(_CHOOSE_NONE, {"request": request_id})
    conn.execute(_CHOOSE, {"request": request_id, "id": release_id})


def block(
    conn: Connection,
    request_id: int,
    title: str,
    *,
    source: str,
    reason: str,
    info_hash: str | None = None,
    indexer: str | None = None,
    job_id: int | None = None,
) -> bool:
    """Have a release not chosen again for a request; False where that is so already."""
    values = {"request": request_id, "title": title, "source": source, "reason": reason, "job": job_id}
    return conn.execute(_BLOCK, values | {"info_hash": info_hash, "indexer": indexer}).rowcount > 0


def blocked_of(conn: Connection, request_ids: Sequence[int]) -> dict[int, list[Blocked]]:
    """What is not chosen again, by request."""
    found: dict[int, list[Blocked]] = {}
    for row in conn.execute(_BLOCKED, {"ids": list(request_ids)}).mappings():
        found.setdefault(row["request_id"], []).append(Blocked(**row))
    return found


def unblock(conn: Connection, request_id: int, blocked_id: int) -> None:
    """Let a release be chosen again.

    Raises:
        RequestNotFoundError: the request's blocklist has no such entry.
    """
    if conn.execute(_UNBLOCK, {"request": request_id, "id": blocked_id}).one_or_none() is None:
        raise RequestNotFoundError(f"Request {request_id} has no blocked release {blocked_id}.")
