"""Jobs: the dashboard, one of them, the search through all of them, and what may be done to them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import Field

from db import again, dashboard
from db.ledger import NotFoundError
from ops_api import again as again_
from ops_api import models, overview
from ops_api.dependencies import Id, Reading, TheDesk, TheSeen
from ops_api.desk import known_queue
from ops_api.routers.queues import Minutes

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

BigId = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Ids = list[Annotated[int, Field(ge=1, le=2**63 - 1)]]


@router.get("")
def read_dashboard(seen: TheSeen) -> models.Dashboard:
    """The numbers, the queues and the lists of the operations page, at one instant."""
    return seen()


@router.get("/search")
def search_jobs(
    conn: Reading,
    *,
    queue: str | None = None,
    status: models.State | None = None,
    origin: BigId = None,
    before: BigId = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> models.Found:
    """Jobs, newest first. `status` takes the derived states too."""
    if queue is not None:
        known_queue(queue)
    wanted = dashboard.Search(queue=queue, status=status, origin=origin, before=before, limit=limit)
    found = overview.jobs(dashboard.search(conn, wanted))
    return models.Found(jobs=found, next_before=found[-1].id if len(found) == limit else None)


@router.post("/phash-backfill")
def backfill_phash(desk: TheDesk) -> models.Enqueued:
    """Enqueue a fingerprint for every video that has a duration and no perceptual hash, whatever the settings say."""
    return desk.backfill_phash()


@router.post("/cancel-all")
def cancel_all(desk: TheDesk, which: Literal["running", "everything"] = "everything") -> models.Cancelled:
    """Cancel every job, or only what runs now."""
    return desk.cancel_running() if which == "running" else desk.cancel_everything()


@router.post("/pause")
def pause_everything(desk: TheDesk, minutes: Minutes = None) -> models.Told:
    """Let no queue take new work, for so many minutes or until it is resumed. What runs is finished."""
    return desk.pause(None, minutes)


@router.post("/resume")
def resume_everything(desk: TheDesk) -> models.Told:
    """Let the queues work again that were paused together; those that were paused by name stay so."""
    return desk.resume()


@router.post("/acknowledge-failed")
def acknowledge_failed(desk: TheDesk, which: Annotated[models.Which | None, Body()] = None) -> models.Cleared:
    """Clear failed and cancelled jobs: they leave the lists and counts, their rows and errors stay."""
    return desk.clear(which or models.Which())


@router.post("/retry-failed")
def retry_failed(desk: TheDesk, which: Annotated[models.Which | None, Body()] = None) -> models.Retried:
    """Put failed jobs back in their queues with fresh attempts."""
    return desk.retry(which or models.Which())


@router.get("/{job_id}")
def read_job(conn: Reading, job_id: Id) -> models.Job:
    """One job."""
    if (row := dashboard.job(conn, job_id)) is None:
        raise _no_job(job_id)
    return overview.job(row)


@router.get("/{job_id}/events")
def read_events(conn: Reading, job_id: Id, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> models.Events:
    """The job's story, 500 lines at most, from behind the event `after`."""
    if dashboard.job(conn, job_id) is None:
        raise _no_job(job_id)
    told = dashboard.events(conn, job_id, after=after)
    return models.Events(events=[models.JobEvent.model_validate(dict(event)) for event in told])


@router.get("/{job_id}/chain")
def read_chain(
    conn: Reading, job_id: Id, also: Annotated[Ids, Query(default_factory=list, max_length=100)]
) -> models.Chain:
    """The job and everything that it led to, counted; with it the chains of others, such as of one click."""
    if (chain := dashboard.read_chain(conn, [job_id, *also])) is None:
        raise _no_job(job_id)
    return models.Chain.model_validate(chain)


@router.post("/{job_id}/cancel")
def cancel_job(desk: TheDesk, job_id: Id) -> models.JobCancelled:
    """Cancel one job. What runs is `cancelling` until its processes are gone."""
    return desk.cancel_job(job_id)


@router.post("/{job_id}/first")
def put_job_first(desk: TheDesk, job_id: Id) -> models.Told:
    """Have a job that waits begin before all others of its queue; one that waits for a later time, now."""
    return desk.put_first(job_id)


@router.post("/{job_id}/retry")
def retry_job(desk: TheDesk, job_id: Id) -> models.Retried:
    """Put one failed or cancelled job back."""
    return desk.retry_job(job_id)


@router.get("/{job_id}/again")
def read_arguments(conn: Reading, job_id: Id) -> models.JobArguments:
    """What may be changed about the job before it runs again."""
    return again_.model(again.changeable(conn, job_id))


@router.post("/{job_id}/again", status_code=201)
def run_again(desk: TheDesk, job_id: Id, wanted: models.RunAgain) -> models.JobAgain:
    """Enqueue the work of a job that has ended as a new job with other arguments. The old one stays as it is."""
    return again_.run(desk, job_id, wanted.arguments)


def _no_job(job_id: int) -> NotFoundError:
    return NotFoundError(f"There is no job {job_id}.")
