"""What a person may ask of the library's upkeep."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from db import ledger, library_settings, maintenance, missing
from db.collections import ENTITIES
from db.ledger import FollowUp
from flows.queues import PRIORITY_PERSON_ONE
from ops_api import models
from ops_api.access import current
from ops_api.desk import NOT_STARTED
from ops_api.starter import Starter


class NotAsConfirmedError(ValueError):
    """What would be done is not, or no longer, what was confirmed; the message says what would be done."""


class AlreadyAskedError(ValueError):
    """The same is waiting or at work already."""


def migrate(engine: Engine, starter: Starter, *, dedicated: bool) -> models.Enqueued:
    """Say where generated files of videos are to lie, and have them moved there.

    Raises:
        AlreadyAskedError: files are being moved, or will be; nothing was changed.
    """
    with current.acting(engine, "asset-storage", dedicated=dedicated) as conn:
        made = _enqueue(conn, maintenance.files_job())
        library_settings.write(conn, metadata_storage_dedicated=dedicated)
    where = "into the cache" if dedicated else "beside the videos"
    return _told(starter, made, f"Generated files are moved {where}.")


def forget_missing(engine: Engine, starter: Starter, wanted: models.MissingFiles) -> models.MissingForgotten:
    """Say how many files have been missing for so long; where that many were confirmed, have them forgotten.

    Raises:
        NotAsConfirmedError: another number was confirmed.
        AlreadyAskedError: the same is waiting or at work already.
    """
    if not wanted.confirm:
        with engine.connect() as conn:
            found = missing.oldest(conn, days=wanted.days, limit=wanted.limit)
        message = _in_words(found, wanted)
        return models.MissingForgotten(files=found.total, kinds=dict(found.counts), message=message, job_id=None)
    with current.acting(engine, "missing-forget", days=wanted.days, files=wanted.confirm) as conn:
        found = missing.oldest(conn, days=wanted.days, limit=wanted.limit)
        if wanted.confirm != found.total:
            raise NotAsConfirmedError(f"{wanted.confirm:,} files were confirmed. {_in_words(found, wanted)}")
        made = _enqueue(conn, maintenance.missing_job(found.last, found.total))
    told = _told(starter, made, f"Forgetting {_listed(found)}.")
    return models.MissingForgotten(
        files=found.total, kinds=dict(found.counts), message=told.message, job_id=made.job_ids[0]
    )


def _enqueue(conn: Connection, job: FollowUp) -> ledger.Enqueued:
    made = ledger.enqueue(conn, [job], trigger="manual", priority=PRIORITY_PERSON_ONE)
    if not made.enqueued:
        raise AlreadyAskedError(f"{job.target_label}: a job for that is waiting or at work; wait for its end.")
    return made


def _told(starter: Starter, made: ledger.Enqueued, message: str) -> models.Enqueued:
    started = starter.start_soon()
    return models.Enqueued(
        queue_name=maintenance.QUEUE,
        enqueued=made.enqueued,
        skipped=made.skipped,
        job_ids=list(made.job_ids),
        started=started,
        message=message if started else message + NOT_STARTED,
    )


def _in_words(found: missing.Missing, wanted: models.MissingFiles) -> str:
    if not found.total:
        return f"No file has been missing for more than {wanted.days} days."
    return (
        f"Would forget {_listed(found)} that have been missing for more than {wanted.days} days, with their ratings and"
        f" all else that is known of them. To do so, confirm {found.total}."
    )


def _listed(found: missing.Missing) -> str:
    parts = [f"{found.counts[name]:,} {entity.plural}" for name, entity in ENTITIES.items() if found.counts.get(name)]
    return ", ".join(parts)
