"""What a person may ask of a video's adaptive set."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from darkroom.settings import settings
from db import hls, ledger
from db.hls import Standing
from db.ledger import FollowUp
from flows.queues import PRIORITY_PERSON_ONE
from ops_api import models
from ops_api.desk import NOT_STARTED, Desk

MISSING = (
    "The file of this video is missing, so its adaptive set cannot be made. "
    "See that its folder can be reached, then scan it."
)
MESSAGES = {
    "ready": "The adaptive set is ready.",
    "queued": "The adaptive set waits to be made.",
    "running": "The adaptive set is being made.",
    "failed": "The adaptive set could not be made.",
    "cancelled": "The making of the adaptive set was cancelled.",
    "stale": "There is no adaptive set of what is in the file now. Ask for it again.",
    "none": "Nobody has asked for the adaptive set of this video.",
}


def read(conn: Connection, video_id: int) -> models.AdaptiveSet:
    """How it stands with the set.

    Raises:
        NotFoundError: there is no such video.
    """
    return _told(_find(conn, video_id))


def ask(desk: Desk, video_id: int) -> models.AdaptiveSet:
    """Have the set made, unless there is one of what is in the file now.

    Raises:
        NotFoundError: there is no such video.
        NotNowError: its file is missing.
    """
    with desk.acting("adaptive-set-ask", video=video_id) as conn:
        standing = _find(conn, video_id)
        there = standing.fresh and _master(standing).is_file()
        if not there and standing.missing:
            raise hls.NotNowError(MISSING)
        hls.ask(conn, [video_id])
        if not there:
            if standing.fresh:
                hls.unmake(conn, video_id)
            _enqueue(conn, standing)
        told = read(conn, video_id)
    if there or desk.starter.start_soon():
        return told
    return told.model_copy(update={"message": told.message + NOT_STARTED})


def forget(desk: Desk, video_id: int) -> models.Told:
    """Stop making the set, and remove what was made.

    Raises:
        NotFoundError: there is no such video.
    """
    with desk.acting("adaptive-set-remove", video=video_id) as conn:
        standing = _find(conn, video_id)
        if standing.job_id and standing.is_being_made:
            with suppress(ledger.AlreadyFinishedError):
                ledger.cancel_job(conn, standing.job_id)
        path, size = hls.forget(conn, video_id)
    if path is None:
        return models.Told(message="There is no adaptive set of this video any more.")
    shutil.rmtree((settings().cache / path).parent, ignore_errors=True)
    return models.Told(message=f"Removed the adaptive set of this video: {size / hls.GIGABYTE:.1f} GB are free again.")


def _enqueue(conn: Connection, standing: Standing) -> None:
    job = FollowUp(hls.QUEUE, str(standing.video_id), standing.file_path, "video", standing.is_nsfw)
    ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)


def _find(conn: Connection, video_id: int) -> Standing:
    if (standing := hls.find(conn, video_id)) is None:
        raise ledger.NotFoundError(f"There is no video {video_id}.")
    return standing


def _master(standing: Standing) -> Path:
    return settings().cache / str(standing.path)


def _told(standing: Standing) -> models.AdaptiveSet:
    made = standing.made or {} if standing.fresh else {}
    return models.AdaptiveSet(
        message=MESSAGES[standing.state],
        video_id=standing.video_id,
        state=standing.state,
        url=address(standing.video_id, str(standing.path)) if standing.fresh else None,
        job_id=standing.job_id,
        progress=standing.job_progress if standing.is_being_made else None,
        error=standing.job_error if standing.state == "failed" else None,
        seconds=made.get("seconds"),
        bytes=standing.bytes if standing.fresh else None,
        renditions=made.get("renditions", []),
        partial=made.get("partial", False),
        last_used_at=standing.last_used_at,
    )


def address(video_id: int, path: str) -> str:
    """Where the set of this path is served: under its folder's name, so that it never changes at its address."""
    folder, name = path.split("/")[-2:]
    return f"/assets/videos/{video_id}/hls/{folder}/{name}"
