"""What one job, or several, led to: themselves and all jobs whose origin they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.dashboard.jobs import STATUSES

#: How many failures of a chain are told one by one; the counts are true however many there are.
FAILURES_TOLD = 1000

COUNTS = text("""
    SELECT queue_name, status, count(*) AS jobs,
           extract(epoch FROM coalesce(max(finished_at), now())) AS until,
           coalesce(sum(CASE WHEN jsonb_typeof(result -> 'skipped') = 'number'
                             THEN (result ->> 'skipped')::numeric END), 0) AS skipped
    FROM job_runs WHERE id = ANY(:ids) OR origin_id = ANY(:ids) GROUP BY queue_name, status
""")
_LED_TO = text("SELECT count(*) FROM (SELECT FROM job_runs WHERE origin_id = :id LIMIT :most) AS led_to")
BEGUN = text("""
    SELECT extract(epoch FROM min(created_at)) AS begun, extract(epoch FROM now()) AS now, count(*) AS jobs
    FROM job_runs WHERE id = ANY(:ids)
""")
FAILURES = text("""
    SELECT queue_name, target_label, error FROM job_runs
    WHERE (id = ANY(:ids) OR origin_id = ANY(:ids)) AND status = 'failed' ORDER BY id LIMIT :limit
""")


@dataclass(frozen=True)
class ChainFailure:
    """One job of a chain that failed for good."""

    queue: str
    target: str
    error: str


@dataclass(frozen=True)
class Chain:
    """How far some jobs and everything that they led to have come."""

    finished: bool
    #: Queued, delayed or not.
    pending: int
    running: int
    #: From the first wish to the last end, or to now.
    seconds: float
    #: Jobs that the first ones led to, and wishes that found their job already waiting.
    enqueued: int
    skipped: int
    #: By queue, then by status.
    queues: dict[str, dict[str, int]]
    failures: list[ChainFailure]


def count_led_to(conn: Connection, job_id: int, most: int) -> int:
    """How many jobs one led to, one way or another, up to `most`."""
    return int(conn.scalar(_LED_TO, {"id": job_id, "most": most}) or 0)


def read_chain(conn: Connection, job_ids: Sequence[int]) -> Chain | None:
    """The chain that begins with these jobs, or None if there is none of them."""
    given = {"ids": list(job_ids)}
    begun = conn.execute(BEGUN, given).one()
    if not begun.jobs:
        return None
    rows = conn.execute(COUNTS, given).all()
    queues: dict[str, dict[str, int]] = {}
    for row in rows:
        queues.setdefault(row.queue_name, dict.fromkeys(STATUSES, 0))[row.status] = row.jobs
    pending, running = (sum(queue[status] for queue in queues.values()) for status in ("queued", "running"))
    finished = pending + running == 0
    failures = conn.execute(FAILURES, {**given, "limit": FAILURES_TOLD}).all()
    return Chain(
        finished=finished,
        pending=pending,
        running=running,
        seconds=float((max(row.until for row in rows) if finished else begun.now) - begun.begun),
        enqueued=sum(row.jobs for row in rows) - begun.jobs,
        skipped=int(sum(row.skipped for row in rows)),
        queues=queues,
        failures=[ChainFailure(row.queue_name, row.target_label, row.error) for row in failures],
    )
