"""Withdrawing a request: its jobs end with it, and nothing revives it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db import ledger
from db.ledger import Cancelled, FollowUp
from db.requests.store import get_request
from db.requests.transition import transition
from flows.queues import PRIORITY_PERSON_ONE

#: Jobs of a request have itself as their target, or one of its downloads.
_JOBS_OF = text(
    """
    SELECT j.id FROM job_runs j
    WHERE j.status IN ('queued', 'running') AND j.cancel_requested_at IS NULL AND j.queue_name <> ALL(:but) AND (
        j.target_type = 'request' AND j.target_id = CAST(:id AS text)
        OR j.target_type = 'download' AND j.target_id IN (
            SELECT CAST(id AS text) FROM download_history WHERE request_id = :id))
    ORDER BY j.id
    """
)
#: What tidies up after a request outlives it.
TIDYING = ("cleanup_seeded_torrents",)
_LEAVE = text(
    "UPDATE download_history SET status = 'replaced' WHERE request_id = :id AND status = 'downloading' RETURNING id"
)
_GRABBED = text("SELECT id FROM download_history WHERE request_id = :id AND status <> 'removed' ORDER BY id")


@dataclass(frozen=True)
class Withdrawn:
    """What ended with a request."""

    jobs: Cancelled
    #: How many of its downloads are being removed from their clients, with their files.
    removing: int


def cancel_request(conn: Connection, request_id: int, *, by: str, remove_downloads: bool = False) -> Withdrawn:
    """Withdraw a request and end its jobs, in one transaction; remove what it downloaded where that is asked for.

    The jobs first, so that a job that is being settled and this do not wait for each other; then those that came
    into being meanwhile.

    Raises:
        RequestNotFoundError: there is no such request.
        TransitionError: it is where nothing can be withdrawn any more.
    """
    request = get_request(conn, request_id)
    ended = cancel_jobs_of(conn, request_id)
    transition(conn, request_id, "cancelled", "Withdrawn.", by=by)
    late = cancel_jobs_of(conn, request_id)
    conn.execute(_LEAVE, {"id": request_id})
    downloads: Sequence[int] = []
    if remove_downloads:
        downloads = conn.execute(_GRABBED, {"id": request_id}).scalars().all()
        want_removal(conn, downloads, request.label)
    jobs = Cancelled(ended.cancelled + late.cancelled, ended.cancelling + late.cancelling)
    return Withdrawn(jobs, len(downloads))


def cancel_jobs_of(conn: Connection, request_id: int, *, but: Collection[str] = TIDYING) -> Cancelled:
    """End the jobs of a request that wait or run, those of some queues excepted."""
    jobs = conn.execute(_JOBS_OF, {"id": request_id, "but": list(but)}).scalars().all()
    return ledger.cancel_jobs(conn, jobs)


def want_removal(conn: Connection, downloads: Sequence[int], label: str) -> None:
    """Have downloads removed from their clients, with their files."""
    jobs = [FollowUp("cleanup_seeded_torrents", str(download), label, "download") for download in downloads]
    ledger.enqueue(conn, jobs, trigger="request", priority=PRIORITY_PERSON_ONE)
