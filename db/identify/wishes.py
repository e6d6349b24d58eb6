"""What a person wants done at once: one video looked up, one accepted proposal applied."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import ledger, paths
from db.identify.boxes import enabled_boxes, get_box
from db.identify.results import Result
from db.ledger import Enqueued, FollowUp
from db.models.videos import HASHES
from flows.queues import PRIORITY_PERSON_ONE

#: What to do where no video can be looked up at all.
NO_STASH_BOX = "No stash-box is enabled: add or enable one in the settings, then run Identify again."


class VideoNotFoundError(LookupError):
    """No video has this id."""


class CannotIdentifyError(ValueError):
    """A video cannot be looked up as it is; the message is one sentence that says what to do."""


_VIDEO = text(f"SELECT file_path, is_nsfw, {HASHES} IS NOT NULL AS hashed FROM videos WHERE id = :id")  # noqa: S608


def want_identify(conn: Connection, video_id: int, box_id: int | None) -> Enqueued:
    """Enqueue looking a video up, at one stash-box or at all that are enabled.

    Raises:
        VideoNotFoundError: there is no such video.
        BoxNotFoundError: there is no such stash-box.
        CannotIdentifyError: it has no hashes yet, or there is nobody to ask.
    """
    video = conn.execute(_VIDEO, {"id": video_id}).one_or_none()
    if video is None:
        raise VideoNotFoundError(f"There is no video {video_id}.")
    if not video.hashed:
        raise CannotIdentifyError("This video has no hashes yet; run Fingerprint first.")
    if box_id is None and not enabled_boxes(conn):
        raise CannotIdentifyError(NO_STASH_BOX)
    if box_id is not None and not (box := get_box(conn, box_id)).enabled:
        raise CannotIdentifyError(f"{box.name} is disabled; enable it first.")
    payload = {} if box_id is None else {"stashBoxes": [box_id]}
    job = FollowUp("identify", str(video_id), paths.display(video.file_path), "video", video.is_nsfw, payload)
    return ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)


def want_import(conn: Connection, result: Result) -> Enqueued:
    """Enqueue applying an accepted proposal."""
    label = paths.display(result.video_path)
    job = FollowUp("metadata-import", str(result.id), label, "identify_result", result.is_nsfw)
    return ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)
