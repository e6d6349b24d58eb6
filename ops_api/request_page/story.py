"""All that became of a request, as one line of time: its steps, its jobs, its downloads, what was blocked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from db.requests import Status
from ops_api import models
from ops_api.request_page.looks import LOOKS
from ops_api.words import elapsed

JOB_LEDS = {"running": "brass pulse", "completed": "ok", "failed": "bad", "stuck": "bad"}
DOWNLOAD_LEDS = {"downloading": "brass pulse", "completed": "ok", "failed": "bad"}
DOWNLOAD_WORDS = {
    "downloading": "downloading",
    "completed": "downloaded",
    "failed": "failed",
    "replaced": "given up for another",
    "removed": "removed from its client",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened. What it was is told by whichever of its last fields there is."""

    at: datetime
    kind: Literal["step", "job", "download", "blocked"]
    led: str
    word: str
    words: str
    by: str = ""
    lasted: str = ""
    step: models.RequestStep | None = None
    job: models.Job | None = None
    download: models.RequestDownload | None = None


def line_of_time(story: models.RequestStory, now: datetime) -> list[Entry]:
    """Everything in order, the oldest first; at one moment the step before the job that it led to."""
    told = [*_steps(story.history, story.status, now), *_jobs(story.jobs, now), *_downloads(story.downloads, now)]
    told += [_blocked(each) for each in story.blocked]
    return sorted(told, key=lambda entry: entry.at)


def filed(story: models.RequestStory) -> Mapping[str, Any] | None:
    """What was put into the library the last time that something was: `folder`, `files`, `cover`, `warnings`."""
    told = (step.details for step in reversed(story.history) if step.details and "files" in step.details)
    return next(told, None)


def _steps(steps: list[models.RequestStep], status: Status, now: datetime) -> Iterator[Entry]:
    """Each state with how long it lasted, or has lasted so far; the last one looks as it is now."""
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        look = LOOKS[step.to_status]
        over = after is not None or status in {"available", "denied", "cancelled"}
        lasted = "" if after is None and over else elapsed(step.created_at, after.created_at if after else now)
        led = look.led if after is None else "ok" if look.led.startswith("brass") else look.led
        yield Entry(step.created_at, "step", led, look.word, step.message, step.by, lasted, step=step)


def _jobs(jobs: Iterable[models.Job], now: datetime) -> Iterator[Entry]:
    for job in jobs:
        lasted = elapsed(job.started_at, job.finished_at or now) if job.started_at else ""
        led = JOB_LEDS.get(job.state, "wait")
        yield Entry(job.created_at, "job", led, job.state, job.queue_label, job.trigger, lasted, job=job)


def _downloads(downloads: Iterable[models.RequestDownload], now: datetime) -> Iterator[Entry]:
    for each in downloads:
        lasted = elapsed(each.started_at, each.completed_at or now) if each.completed_at or _runs(each) else ""
        led, word = DOWNLOAD_LEDS.get(each.status, ""), DOWNLOAD_WORDS.get(each.status, each.status)
        yield Entry(each.started_at, "download", led, word, each.title, each.client, lasted, download=each)


def _runs(download: models.RequestDownload) -> bool:
    return download.status == "downloading"


def _blocked(blocked: models.BlockedRelease) -> Entry:
    return Entry(blocked.created_at, "blocked", "wait", "blocked", f"{blocked.release_key}: {blocked.reason}")
