"""What runs by the clock, and what ran: for programs that look after it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import Engine

from db import dashboard
from db.ledger import read_queue_settings
from ops_api import models, overview, schedules
from ops_api.dependencies import Id, Reading, TheDesk, TheEngine, ThePrefect
from ops_api.desk import known_queue
from ops_api.errors import not_found
from ops_api.logs import Filters
from ops_api.prefect import Prefect, Schedule

router = APIRouter(prefix="/api/admin", tags=["admin"])

#: How a job's state is called where it is polled until it has ended.
STATUS: dict[str, Literal["pending", "active", "completed", "failed", "cancelled", "stuck"]] = {
    "queued": "pending",
    "delayed": "pending",
    "running": "active",
    "cancelling": "active",
    "stuck": "stuck",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


@router.get("/job-status/{job_id}")
def read_job_status(conn: Reading, job_id: Id) -> models.JobStatus:
    """How one job is doing; to be polled until it has ended."""
    if (row := dashboard.job(conn, job_id)) is None:
        raise not_found(f"There is no job {job_id}.")
    job = overview.job(row)
    return models.JobStatus(
        id=job.id,
        type=job.queue_name,
        status=STATUS[job.state],
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.finished_at,
        result=job.result,
        error_message=job.error,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
    )


@router.get("/logs")
def read_logs(conn: Reading, filters: Annotated[Filters, Query()]) -> models.Logs:
    """The jobs of the logs page, newest first, by the same filters.

    Pages go back through the newest 10,000; where words are looked for, through the newest 1,000.
    """
    wanted = filters.search(dashboard.now(conn))
    total = dashboard.count(conn, wanted)
    jobs = overview.jobs(dashboard.search(conn, wanted))
    return models.Logs(jobs=jobs, total=total, page=filters.page, pages=filters.last(min(total, wanted.deepest)))


@router.get("/jobs")
def list_schedules(prefect: ThePrefect, engine: TheEngine) -> models.ScheduledJobs:
    """Everything that runs by the clock."""
    return models.ScheduledJobs(jobs=_all(prefect, engine))


@router.post("/jobs", status_code=201)
def add_schedule(
    desk: TheDesk, prefect: ThePrefect, engine: TheEngine, wanted: models.NewScheduledJob
) -> models.ScheduledJob:
    """Run a queue by the clock as well."""
    queue = known_queue(wanted.type)
    before = {schedule.id for schedule in prefect.schedules()}
    desk.add_schedule(queue.name, active=wanted.enabled, minutes=wanted.minutes, cron=wanted.schedule)
    return next(each for each in _all(prefect, engine) if each.id not in before)


@router.put("/jobs/{schedule_id}")
def change_schedule(
    desk: TheDesk, prefect: ThePrefect, engine: TheEngine, schedule_id: str, wanted: models.ScheduleChange
) -> models.ScheduledJob:
    """Change when it runs, or whether; what is not said stays."""
    known = schedules.find(prefect, schedule_id)
    active = known.active if wanted.enabled is None else wanted.enabled
    minutes, cron = wanted.minutes, wanted.schedule
    if minutes is None and cron is None:
        minutes, cron = _times(known)
    desk.change_schedule(schedule_id, active=active, minutes=minutes, cron=cron, missed=wanted.missed)
    return next(each for each in _all(prefect, engine) if each.id == schedule_id)


@router.delete("/jobs/{schedule_id}", status_code=204)
def remove_schedule(desk: TheDesk, schedule_id: str) -> None:
    """Run it by this schedule no longer. That of scans is switched off instead."""
    desk.remove_schedule(schedule_id)


@router.post("/jobs/{schedule_id}/trigger")
def trigger_schedule(desk: TheDesk, prefect: ThePrefect, schedule_id: str) -> models.Enqueued:
    """Run it now; the ids of its jobs can be polled."""
    return desk.run(schedules.find(prefect, schedule_id).name)


def _times(schedule: Schedule) -> tuple[int | None, str | None]:
    minutes = None if schedule.interval is None else round(schedule.interval / 60)
    return minutes, schedule.cron


def _all(prefect: Prefect, engine: Engine) -> list[models.ScheduledJob]:
    with engine.connect() as conn:
        own = read_queue_settings(conn)
    return [_model(each) for each in schedules.shown(prefect, own)]


def _model(each: schedules.Shown) -> models.ScheduledJob:
    minutes, cron = _times(each.schedule)
    return models.ScheduledJob(
        id=each.schedule.id or "",
        type=each.schedule.name,
        name=each.label,
        description=each.description,
        schedule=cron,
        minutes=minutes,
        timezone=each.schedule.timezone,
        words=each.words,
        enabled=each.schedule.active,
        editable=each.editable,
        next_runs=each.upcoming,
        last_run=each.last.at if each.last else None,
        last_state=each.last.state if each.last else None,
        last_message=each.last.message if each.last else None,
        missed=each.missed,
        recent_runs=[models.ScheduledRun.model_validate(run) for run in each.runs],
    )
