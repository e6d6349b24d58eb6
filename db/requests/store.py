"""Requests as they are: one, many, and each with its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.requests.books import COLUMNS, Book, book
from db.requests.errors import RequestNotFoundError
from db.requests.states import Status


@dataclass(frozen=True)
class Request:
    """One person's wish for one book."""

    id: int
    book: Book
    status: Status
    request_source: str
    requested_by: str
    priority: int
    progress: int
    search_attempts: int
    download_attempts: int
    import_attempts: int
    error_message: str | None
    search_terms: str | None
    last_search_at: datetime | None
    last_import_at: datetime | None
    shelf_id: int | None
    shelf_guid: str | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @property
    def label(self) -> str:
        """What its jobs are called."""
        return f"{self.book.title} by {self.book.author}"


@dataclass(frozen=True)
class Step:
    """One step of a request's way."""

    id: int
    from_status: Status | None
    to_status: Status
    message: str
    by: str
    job_id: int | None
    details: Mapping[str, Any] | None
    created_at: datetime


_OWN = tuple(name for name in Request.__dataclass_fields__ if name not in {"id", "book"})
_SELECT = f"""
    SELECT {COLUMNS}, r.id AS request_id, {", ".join(f"r.{name}" for name in _OWN)}
    FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id
"""  # noqa: S608  (constants)
_BY_ID = text(f"{_SELECT} WHERE r.id = ANY(:ids) ORDER BY r.id")
_FILTER = """
    WHERE (CAST(:statuses AS text[]) IS NULL OR r.status = ANY(:statuses))
      AND (CAST(:words AS text) IS NULL OR strpos(lower(b.title || ' ' || b.author), lower(:words)) > 0)
      AND (CAST(:by AS text) IS NULL OR r.requested_by = :by)
      AND (CAST(:until AS timestamptz) IS NULL OR r.created_at < :until)
"""
_LIST = text(
    f"{_SELECT} {_FILTER} AND (CAST(:before AS bigint) IS NULL OR r.id < :before)"
    " ORDER BY r.id DESC LIMIT :n OFFSET :offset"
)
_COUNT = text(
    f"""
    SELECT r.status, count(*) AS n FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id {_FILTER}
    GROUP BY r.status
    """  # noqa: S608
)
_JOBS = text(
    """
    SELECT id FROM job_runs
    WHERE target_type = 'request' AND target_id = CAST(:id AS text)
       OR target_type = 'download' AND target_id IN (
            SELECT CAST(id AS text) FROM download_history WHERE request_id = :id)
    ORDER BY id DESC LIMIT :most
    """
)
_SEARCHED_FOR = text(
    """
    SELECT EXISTS (
        SELECT FROM job_runs WHERE queue_name = 'search_indexers' AND target_type = 'request'
        AND target_id = CAST(:id AS text) AND status IN ('queued', 'running'))
    """
)
_STEPS = text(
    """
    SELECT id, from_status, to_status, message, by, job_id, details, created_at
    FROM request_history WHERE request_id = :id ORDER BY id
    """
)


def get_request(conn: Connection, request_id: int) -> Request:
    """One of them.

    Raises:
        RequestNotFoundError: there is none with this id.
    """
    found = get_requests(conn, [request_id])
    if not found:
        raise RequestNotFoundError(f"There is no request {request_id}.")
    return found[request_id]


def get_requests(conn: Connection, ids: Sequence[int]) -> dict[int, Request]:
    """Those of them that are there, by id."""
    return {row.request_id: _request(row) for row in conn.execute(_BY_ID, {"ids": list(ids)})}


def list_requests(
    conn: Connection,
    *,
    statuses: Sequence[Status] | None = None,
    words: str | None = None,
    by: str | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Request]:
    """Requests, the newest first, from before the one with this id, or those asked for before `until`.

    `offset` rows are passed over, which costs as much as reading them.

    `words` stand in the title and the author.
    """
    wanted = {
        "statuses": None if statuses is None else list(statuses),
        "words": words or None,
        "by": by,
        "until": until,
        "before": before,
        "n": limit,
        "offset": offset,
    }
    return [_request(row) for row in conn.execute(_LIST, wanted)]


def count_requests(
    conn: Connection, *, words: str | None = None, by: str | None = None, until: datetime | None = None
) -> dict[str, int]:
    """How many there are in each status, of all or of those that `list_requests` finds by the same words."""
    wanted = {"statuses": None, "words": words or None, "by": by, "until": until}
    return {row.status: row.n for row in conn.execute(_COUNT, wanted)}


def read_history(conn: Connection, request_id: int) -> list[Step]:
    """Its way so far, in order."""
    return [Step(**row) for row in conn.execute(_STEPS, {"id": request_id}).mappings()]


def jobs_of(conn: Connection, request_id: int, *, most: int) -> list[int]:
    """The jobs of a request and of its downloads, the newest first."""
    return list(conn.execute(_JOBS, {"id": request_id, "most": most}).scalars())


def is_searched_for(conn: Connection, request_id: int) -> bool:
    """Whether a search for it waits or runs."""
    found: bool = conn.execute(_SEARCHED_FOR, {"id": request_id}).scalar_one()
    return found


def _request(row: Any) -> Request:
    values = row._mapping
    return Request(id=values["request_id"], book=book(values), **{name: values[name] for name in _OWN})
