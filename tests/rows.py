"""Rows for tests, as the program would have written them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from db import library_settings
from db.models import JobRun, LibraryRoot, Video

_NUMBERS = itertools.count(1)


def ago(seconds: float) -> datetime:
    """That many seconds before now."""
    return datetime.now(UTC) - timedelta(seconds=seconds)


def add_settings(conn: Connection, **values: Any) -> None:
    """Change the one row of settings."""
    library_settings.write(conn, **values)


def add_folder(conn: Connection, path: str = "/media/videos", **values: Any) -> int:
    """A watched folder; returns its id."""
    values = {"path": path, "label": path.rsplit("/", 1)[-1]} | values
    return conn.execute(insert(LibraryRoot).values(values).returning(LibraryRoot.id)).scalar_one()


def add_video(conn: Connection, root: int, **values: Any) -> int:
    """A video of which nothing has been made; returns its id."""
    name = f"film {next(_NUMBERS)}"
    values = {
        "library_root_id": root,
        "kind": "movie",
        "file_path": f"/media/videos/{name}.mkv",
        "file_size": 1000,
        "file_mtime_ns": 1,
        "title": name,
    } | values
    return conn.execute(insert(Video).values(values).returning(Video.id)).scalar_one()


#: What a row needs besides its status for the table to take it.
_NEEDS: dict[str, dict[str, Any]] = {
    "queued": {},
    "running": {"lease_owner": "slot", "attempts": 1},
    "completed": {"attempts": 1, "progress": 100},
    "failed": {"attempts": 1, "error": "It failed."},
    "cancelled": {"attempts": 1, "error": "Cancelled."},
}


def add_job(conn: Connection, status: str = "queued", queue: str = "media-probe", **values: Any) -> int:
    """A job in any state; returns its id."""
    number = next(_NUMBERS)
    times: dict[str, Any] = {} if status == "queued" else {"started_at": ago(30)}
    if status == "running":
        times["lease_expires_at"] = ago(-60)
    elif status != "queued":
        times["finished_at"] = ago(10)
    row = {
        "queue_name": queue,
        "status": status,
        "target_type": "video",
        "target_id": str(number),
        "target_label": f"/media/videos/film {number}.mkv",
        "max_attempts": 15,
    }
    row |= _NEEDS[status] | times | values
    if row.get("lease_owner") == "slot":
        row["lease_owner"] = f"slot {number}"
    return conn.execute(insert(JobRun).values(row).returning(JobRun.id)).scalar_one()
