"""The ledger's instant, dressed for people: each queue with its words from the table of queues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import add

from sqlalchemy import RowMapping

from db.dashboard import FailureGroup, QueueCounts, Snapshot
from db.ledger import ALL
from db.redact import redacted
from db.selection import ANEW
from flows.queues import BY_NAME, QUEUES, Queue
from ops_api import models
from ops_api.starter import Prospect


def dashboard(read: Snapshot, prospect: Prospect, scans: Sequence[datetime]) -> models.Dashboard:
    """All that the page and `GET /api/jobs` say; `scans` are the scheduled ones, in order."""
    return models.Dashboard(
        as_of=read.as_of,
        stats=_stats(read),
        queues=[_queue(queue, read, prospect) for queue in QUEUES],
        paused=_pause(read, ALL),
        active_jobs=jobs(read.active),
        failed_jobs=jobs(read.failed) + jobs(read.cancelled),
        failure_groups=[_group(group) for group in read.failure_groups],
        completed_jobs=jobs(read.completed),
        schedule=models.Schedule(
            enabled=read.auto_scan_enabled,
            interval_minutes=read.scan_interval_minutes,
            next_at=next((moment for moment in scans if moment > read.as_of), None),
        ),
        last_scan_at=read.last_scan_at,
        workers=models.Workers(alive=prospect.workers, prefect=prospect.prefect),
        roots=read.roots,
    )


def job(row: RowMapping) -> models.Job:
    """One row of the ledger as the API says it: a payload may hold what only its flow is to see."""
    queue = BY_NAME.get(row["queue_name"])
    shown = {name: redacted(row[name]) for name in ("payload", "result")}
    return models.Job.model_validate({**row, **shown, "queue_label": queue.label if queue else row["queue_name"]})


def jobs(rows: Sequence[RowMapping]) -> list[models.Job]:
    """Several of them."""
    return [job(row) for row in rows]


def _stats(read: Snapshot) -> models.Stats:
    total = reduce(add, read.queues.values(), QueueCounts())
    return models.Stats(
        running=total.running,
        backlog=total.backlog,
        ready=total.ready,
        blocked=sum(counts.ready for name, counts in read.queues.items() if _is_paused(name, read)),
        delayed=total.delayed,
        next_delayed_at=total.next_at,
        retrying=total.retrying,
        oldest_at=read.oldest_at,
        failures=total.failed,
        failure_kinds=read.failure_kinds,
        cancelled=total.cancelled,
        retained_done=total.completed,
    )


def _queue(queue: Queue, read: Snapshot, prospect: Prospect) -> models.Queue:
    own = read.own.get(queue.name)
    own = own if own and (own.slots, own.priority) != (None, None) else None
    counts, paused = read.queues[queue.name], _pause(read, ALL) or _pause(read, queue.name)
    return models.Queue(
        queue_name=queue.name,
        label=queue.label,
        description=queue.description,
        section=queue.section,
        status=_status(counts, prospect, paused=paused is not None),
        running=counts.running,
        cancelling=counts.cancelling,
        queued=counts.ready,
        delayed=counts.delayed,
        backlog=counts.backlog,
        failed=counts.failed,
        cancelled=counts.cancelled,
        completed=counts.completed,
        slots=(own.slots if own else None) or queue.slots_at(read.multiplier),
        slots_in_use=counts.slots_in_use,
        own=None if own is None else models.QueueOwn.model_validate(own),
        lacking=read.lacking.get(queue.name, 0),
        rebuilds=queue.name in ANEW,
        paused=paused,
        rate=read.rates[queue.name],
    )


def _is_paused(queue_name: str, read: Snapshot) -> bool:
    return ALL in read.pauses or queue_name in read.pauses


def _pause(read: Snapshot, queue_name: str) -> models.Pause | None:
    if (pause := read.pauses.get(queue_name)) is None:
        return None
    return models.Pause(**vars(pause), everything=queue_name == ALL)


def _status(counts: QueueCounts, prospect: Prospect, *, paused: bool) -> models.QueueStatus:
    if paused:
        return "paused"
    if counts.unfinished and prospect.workers == 0:
        return "waiting-for-worker"
    if counts.failed:
        return "warning"
    return "active" if counts.unfinished else "idle"


def _group(group: FailureGroup) -> models.FailureGroup:
    return models.FailureGroup(
        kind=group.kind,
        count=group.count,
        queues=[BY_NAME[name].label if name in BY_NAME else name for name in group.queues],
        first_at=group.first_at,
        last_at=group.last_at,
        bars=list(group.bars),
        bar_seconds=group.bar,
        jobs=jobs(group.jobs),
    )
