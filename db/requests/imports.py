"""Putting files into the library: which of them, where they came to lie, and what happens where that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.requests.downloads import Download, downloads_of, get_downloads
from db.requests.errors import TransitionError
from db.requests.releases import block
from db.requests.settings import read_settings
from db.requests.store import get_request
from db.requests.transition import transition

_GIVEN = text(
    """
    SELECT details->>'path' AS path, created_at FROM request_history
    WHERE request_id = :id AND to_status = 'processing' AND details ? 'path' ORDER BY id DESC LIMIT 1
    """
)
_KEEP_FOLDER = text(
    """
    UPDATE audiobooks SET folder = :folder, updated_at = now()
    WHERE id = (SELECT audiobook_id FROM requests WHERE id = :id)
    """
)
_ELSEWHERE = text(
    """
    SELECT path FROM download_history WHERE id <> :id AND path IS NOT NULL AND status IN ('downloading', 'completed')
    UNION
    SELECT folder FROM audiobooks WHERE folder IS NOT NULL
    """
)


@dataclass(frozen=True)
class Source:
    """Where the files of a request are: at a path that a person gave, or with a download; or nowhere any more."""

    path: str | None = None
    download: Download | None = None


def source_of(conn: Connection, request_id: int, payload: Mapping[str, Any]) -> Source:
    """What is to be put into the library for a request: what its job says, else what came last."""
    if "path" in payload:
        return Source(path=payload["path"])
    if "download" in payload:
        return Source(download=get_downloads(conn, [payload["download"]]).get(payload["download"]))
    complete = [each for each in downloads_of(conn, request_id) if each.status == "completed"]
    last = complete[-1] if complete else None
    given = conn.execute(_GIVEN, {"id": request_id}).one_or_none()
    if given and (last is None or last.completed_at is None or given.created_at > last.completed_at):
        return Source(path=given.path)
    return Source(download=last)


def say_filed(
    conn: Connection, request_id: int, folder: str, message: str, *, details: Mapping[str, Any], by: str, job_id: int
) -> None:
    """Remember that a book is in the library, in this folder; its request waits to be listed there."""
    conn.execute(_KEEP_FOLDER, {"id": request_id, "folder": folder})
    try:
        transition(conn, request_id, "downloaded", message, details=details, by=by, job_id=job_id)
    except TransitionError:
        return  # it was withdrawn at this moment, or is listed already


def put_off(conn: Connection, request_id: int, why: str, download: Download | None, *, by: str, job_id: int) -> None:
    """Let a request wait whose files could not be put into the library; it is a person's turn when that was the last.

    The release is not chosen again then.
    """
    request, most = get_request(conn, request_id), read_settings(conn).max_import_attempts
    number = request.import_attempts + 1
    try:
        if number < most:
            message = f"{why} It is tried again by itself ({number} of {most})."
            transition(conn, request_id, "awaiting_import", message, by=by, job_id=job_id)
            return
        message = f"{why} That was the last of {most} attempts: put it right and retry, or choose another release."
        transition(conn, request_id, "warn", message, by=by, job_id=job_id)
    except TransitionError:
        return  # it has moved on
    if download is not None:
        block(
            conn,
            request_id,
            download.title,
            source="organize_fail",
            reason=why,
            info_hash=download.info_hash,
            indexer=download.indexer,
            job_id=job_id,
        )


def in_use(conn: Connection, download_id: int) -> list[str]:
    """The places of all other downloads, and of books in the library: nothing around them is to be removed."""
    return list(conn.execute(_ELSEWHERE, {"id": download_id}).scalars())
