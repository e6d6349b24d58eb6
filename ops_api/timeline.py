"""A job's states in order, with how long each lasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from ops_api import models
from ops_api.words import duration, size

TRIGGERS = {"manual": "by a person", "schedule": "by the schedule", "retry": "by a person, again"}
ENDS = {"completed": "Completed", "failed": "Failed for good", "cancelled": "Cancelled"}


@dataclass(frozen=True)
class Step:
    """One state: what it is called, when it began, and how long it lasted or has lasted so far."""

    name: str
    at: datetime
    lasted: str
    #: `done`, `now`, or how it ended: `ok`, `bad`, `wait`.
    look: str
    #: What was said of it.
    says: str = ""


def timeline(job: models.Job, now: datetime, events: Sequence[RowMapping] = ()) -> list[Step]:
    """From the wish to the end, with each attempt that its events tell of."""
    begun = job.started_at or job.finished_at or now
    by = TRIGGERS.get(job.trigger, f"by {job.trigger}")
    steps = [Step(f"Enqueued {by}", job.created_at, "", "done")]
    waits = "Delayed" if job.state == "delayed" else "Waited" if job.started_at or job.finished_at else "Waits"
    look = "wait" if job.state == "delayed" else "now" if job.status == "queued" else "done"
    steps.append(Step(waits, job.created_at, _between(job.created_at, begun), look))
    steps += _earlier(job, events)
    if job.started_at:
        over = job.finished_at or now
        attempt = f"attempt {job.attempts} of {job.max_attempts}"
        running = f"Ran, {attempt}" if job.finished_at else f"Runs, {attempt}"
        steps.append(
            Step(
                running,
                job.started_at,
                _between(job.started_at, over),
                "done" if job.finished_at else "now",
                _last(job, events) if job.finished_at else "",
            )
        )
    if job.finished_at:
        looks = {"completed": "ok", "failed": "bad", "cancelled": "wait"}
        steps.append(Step(ENDS[job.status], job.finished_at, "", looks[job.status]))
    return steps


def _earlier(job: models.Job, events: Sequence[RowMapping]) -> list[Step]:
    """The attempts before the one that runs or ended it: when each failed, and what was said then."""
    last = job.attempts if job.started_at else job.attempts + 1
    told = {event["attempt"]: event for event in events if event["level"] != "info" and 0 < event["attempt"] < last}
    begun = {event["attempt"]: event["created_at"] for event in reversed(events)}
    return [
        Step(
            f"Attempt {n}",
            event["created_at"],
            _between(begun[n], event["created_at"]),
            "bad",
            " ".join(filter(None, (event["message"], _place(event), _used(*_said(event))))),
        )
        for n, event in sorted(told.items())
    ]


def _said(event: RowMapping) -> tuple[float | None, int | None, str | None]:
    """What an event says of the child processes of its attempt."""
    used = (event["metadata"] or {}).get("used") or {}
    return used.get("cpuSeconds"), used.get("peakMemory"), used.get("ended")


def _last(job: models.Job, events: Sequence[RowMapping]) -> str:
    """The same of the attempt that ended the job: how much is in its row, how it went wrong in its last event."""
    told = [event for event in events if event["attempt"] == job.attempts and event["level"] != "info"]
    ended = next((said for event in told if (said := _said(event)[2])), None)
    where = next((said for event in told if (said := _place(event))), "")
    return " ".join(filter(None, (where, _used(job.cpu_seconds, job.peak_memory, ended))))


def _place(event: RowMapping) -> str:
    """In which process an attempt was made, where its event says so."""
    host, colon, process = str((event["metadata"] or {}).get("process", "")).rpartition(":")
    return f"On {host}, process {process}." if colon else ""


def _used(cpu: float | None, memory: int | None, ended: str | None) -> str:
    """A sentence on what child processes have used and how they ended; empty where there were none."""
    parts = [
        f"{cpu:,.1f} s of CPU" if cpu is not None and cpu >= 0.05 else f"{cpu * 1000:.0f} ms of CPU" if cpu else "",
        f"{size(memory)} of memory at most" if memory else "",
        ended or "",
    ]
    words = ", ".join(filter(None, parts))
    return f"It used {words}." if cpu or memory else f"{words}." if words else ""


def _between(since: datetime, until: datetime) -> str:
    return duration((until - since).total_seconds())
