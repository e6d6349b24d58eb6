"""What the library servers list, and what of it somebody has asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.requests.cancel import TIDYING, cancel_jobs_of
from db.requests.errors import ConflictError
from db.requests.states import MATCHABLE
from db.requests.store import Request, get_requests
from db.requests.transition import transition


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """A book as a library server lists it."""

    guid: str
    title: str
    author: str | None
    narrator: str | None
    asin: str | None
    isbn: str | None
    #: Seconds.
    duration: float | None
    path: str | None
    added_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Item(NewItem):
    """The same, as it is remembered."""

    id: int
    shelf_id: int


@dataclass(frozen=True)
class Written:
    """How many items were new, and how many were known."""

    new: int = 0
    known: int = 0


_NAMES = tuple(NewItem.__dataclass_fields__)
# What is known is kept where the server says less than it did.
_WRITE = text(
    f"""
    INSERT INTO plex_library AS p (shelf_id, {", ".join(_NAMES)})
    SELECT :shelf, {", ".join(f"i.{name}" for name in _NAMES)}
    FROM jsonb_populate_recordset(NULL::plex_library, CAST(:items AS jsonb)) i
    ON CONFLICT (shelf_id, guid) DO UPDATE
    SET last_seen_at = now(), {", ".join(f"{n} = coalesce(excluded.{n}, p.{n})" for n in _NAMES if n != "guid")}
    RETURNING xmax = 0 AS new
    """  # noqa: S608  (constants)
)
_SELECT = f"SELECT id, shelf_id, {', '.join(_NAMES)} FROM plex_library"  # noqa: S608
_OF_SHELF = text(f"{_SELECT} WHERE shelf_id = :shelf ORDER BY id")
_BY_GUID = text(f"{_SELECT} WHERE shelf_id = :shelf AND guid = ANY(:guids) ORDER BY id")
_ALL = text(
    f"{_SELECT} WHERE shelf_id IN (SELECT id FROM shelves WHERE enabled) ORDER BY id"  # noqa: S608
)
# The guids that a request of another book has already.
_TAKEN = text("SELECT shelf_id, shelf_guid, audiobook_id FROM requests WHERE status = 'available'")
_MATCHABLE = text("SELECT id FROM requests WHERE status = ANY(:matchable) ORDER BY id")
_STALE = text("DELETE FROM plex_library WHERE shelf_id = :shelf AND last_seen_at < :since RETURNING guid")
_LOST = text(
    """
    SELECT r.id FROM requests r
    WHERE r.status = 'available' AND r.shelf_id = :shelf
      AND NOT EXISTS (SELECT FROM plex_library i WHERE i.shelf_id = r.shelf_id AND i.guid = r.shelf_guid)
    ORDER BY r.id
    """
)
_NOW = text("SELECT clock_timestamp()")
#: What goes on with a request whose book turns up: files that are being put in place, downloads that are seeded.
_GOES_ON = (*TIDYING, "organize_files", "monitor_download", "match_plex")


def write_items(conn: Connection, shelf_id: int, items: Sequence[NewItem]) -> Written:
    """Remember what a server lists."""
    rows = [asdict(item) for item in {item.guid: item for item in items}.values()]
    new = [row.new for row in conn.execute(_WRITE, {"shelf": shelf_id, "items": dump(rows)})]
    return Written(sum(new), len(new) - sum(new))


def items_of(conn: Connection, shelf_id: int, guids: Sequence[str] | None = None) -> list[Item]:
    """What a shelf holds, or those of it that are named."""
    statement = _OF_SHELF if guids is None else _BY_GUID
    wanted = {"shelf": shelf_id} | ({} if guids is None else {"guids": list(guids)})
    return [Item(**row) for row in conn.execute(statement, wanted).mappings()]


def all_items(conn: Connection) -> list[Item]:
    """What all shelves hold."""
    return [Item(**row) for row in conn.execute(_ALL).mappings()]


def matchable(conn: Connection) -> list[Request]:
    """The requests that may be found on a shelf, the oldest first."""
    ids = list(conn.execute(_MATCHABLE, {"matchable": sorted(MATCHABLE)}).scalars())
    found = get_requests(conn, ids)
    return [found[each] for each in ids if each in found]


def taken(conn: Connection) -> dict[tuple[int | None, str], int]:
    """Which book each item is known to be, by shelf and guid."""
    return {(row.shelf_id, row.shelf_guid): row.audiobook_id for row in conn.execute(_TAKEN)}


def clock(conn: Connection) -> datetime:
    """The database's clock: what was last seen before is not there any more."""
    value: datetime = conn.execute(_NOW).scalar_one()
    return value


def forget_unseen(conn: Connection, shelf_id: int, since: datetime) -> int:
    """Forget what a whole, good scan that began then has not listed; returns how much."""
    return len(conn.execute(_STALE, {"shelf": shelf_id, "since": since}).all())


def lose_unlisted(conn: Connection, shelf_id: int, *, by: str, job_id: int) -> int:
    """Take back that books are available whose item is not on the shelf any more; returns how many."""
    lost = list(conn.execute(_LOST, {"shelf": shelf_id}).scalars())
    for request_id in lost:
        transition(conn, request_id, "downloaded", "The library lists it no longer.", by=by, job_id=job_id)
    return len(lost)


def make_available(
    conn: Connection, request_id: int, item: Item, message: str, *, by: str, job_id: int, details: Mapping[str, Any]
) -> bool:
    """Say that a shelf lists a request's book, and end its searches; False where the request has moved on meanwhile."""
    cancel_jobs_of(conn, request_id, but=_GOES_ON)
    where: dict[str, Any] = {"shelf_id": item.shelf_id, "shelf_guid": item.guid}
    try:
        transition(conn, request_id, "available", message, by=by, job_id=job_id, details=details, **where)
    except ConflictError:
        return False
    return True
