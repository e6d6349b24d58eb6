"""The gallery image pipeline: what a picture looks like, and what it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from darkroom.settings import settings
from db import paths
from db.ledger import Claimed, FollowUp
from flows.media import Made, Media, MediaWork, Row
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.control import Control
from tasks.media.image import ImageHashes, image_hashes
from tasks.media.image import image_thumbnail as thumbnail_of
from tasks.media.tools import MediaTools

THUMBNAIL, FINGERPRINT = "image-thumbnail", "image-fingerprint"


@flow(name=THUMBNAIL, task_runner=SLOTS, persist_result=False)
def image_thumbnail(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Make thumbnails of pictures, and short clips of those that move."""
    return work_off(BY_NAME[THUMBNAIL], ThumbnailWork(), enqueue=enqueue, everything=everything)


@flow(name=FINGERPRINT, task_runner=SLOTS, persist_result=False)
def image_fingerprint(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Hash pictures, so that they are known again under another name, or in another size."""
    return work_off(BY_NAME[FINGERPRINT], FingerprintWork(), enqueue=enqueue, everything=everything)


class ThumbnailWork(MediaWork):
    """Decodes a picture once, for the thumbnail and for the hashes that it lacks; these it hands on."""

    calls_for: tuple[str, ...] = (FINGERPRINT,)

    def __init__(self) -> None:
        super().__init__(THUMBNAIL, _thumbnail)

    def save_more(
        self, conn: Connection, done: Sequence[Done[Media, Made]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Let the other queue write the hashes that were made."""
        return [(each.job, [_hand_on(each, hashes)]) for each in done for hashes in each.result.rows]


class FingerprintWork(MediaWork):
    """Writes the hashes that a thumbnail's job has made, or makes them."""

    def __init__(self) -> None:
        super().__init__(FINGERPRINT, _fingerprint)

    def run(self, tools: MediaTools, job: Claimed, target: Media, control: Control) -> Made:
        """Take the hashes that came with the job, as long as they are of the present content."""
        if job.payload.get("revision") == target.file.revision:
            return _hashed(ImageHashes(**job.payload["hashes"]))
        return super().run(tools, job, target, control)


def _thumbnail(tools: MediaTools, picture: Media) -> Made:
    file, name = picture.file, f"images/{picture.file.id}"
    lacks_hashes = file.more["fingerprint_revision"] != file.revision
    wanted = picture.settings.auto_generate_fingerprints and lacks_hashes
    path, member = _place(picture)
    made = thumbnail_of(tools, path, settings().cache / name, member, hashes=wanted)
    columns = {
        "width": made.width,
        "height": made.height,
        "format": made.format,
        "is_animated": made.is_animated,
        "thumbnail_path": f"{name}/{made.thumbnail}",
        "preview_path": made.clip and f"{name}/{made.clip}",
    }
    hashes: tuple[Row, ...] = (asdict(made.hashes),) if made.hashes else ()
    return Made(columns, asdict(made), hashes)


def _fingerprint(tools: MediaTools, picture: Media) -> Made:
    path, member = _place(picture)
    return _hashed(image_hashes(tools, path, member))


def _hashed(made: ImageHashes) -> Made:
    columns = {"checksum_md5": made.md5, "oshash": made.oshash, "phash": made.phash}
    return Made(columns, columns)


def _place(picture: Media) -> tuple[Path, str | None]:
    """The picture's file, or that of its archive and its name in it."""
    member = picture.file.more["member"]
    if member is None:
        return picture.path, None
    return paths.to_path(picture.file.file_path.removesuffix(f"/{member}")), paths.to_native(member)


def _hand_on(done: Done[Media, Made], hashes: Row) -> FollowUp:
    job, revision = done.job, done.target.file.revision
    payload = {"revision": revision, "hashes": hashes}
    return FollowUp(FINGERPRINT, job.target_id, job.target_label, job.target_type, job.is_nsfw, payload)
