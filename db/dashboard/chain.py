"""What one job led to: itself and all jobs whose origin it is."""

from __future__ import annotations

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
    FROM job_runs WHERE id = :id OR origin_id = :id GROUP BY queue_name, status
""")
BEGUN = text(
    "SELECT extract(epoch FROM created_at) AS begun, extract(epoch FROM now()) AS now FROM job_runs WHERE id = :id"
)
FAILURES = text("""
    SELECT queue_name, target_label, error FROM job_runs
    WHERE (id = :id OR origin_id = :id) AND status = 'failed' ORDER BY id LIMIT :limit
""")


@dataclass(frozen=True)
class ChainFailure:
    """One job of a chain that failed for good."""

    queue: str
    target: str
    error: str


@dataclass(frozen=True)
class Chain:
    """How far a job and everything that it led to have come."""

    finished: bool
    #: Queued, delayed or not.
    pending: int
    running: int
    #: From the first job's wish to the last one's end, or to now.
    seconds: float
    #: Jobs that the first one led to, and wishes that found their job already waiting.
    enqueued: int
    skipped: int
    #: By queue, then by status.
    queues: dict[str, dict[str, int]]
    failures: list[ChainFailure]


def read_chain(conn: Connection, job_id: int) -> Chain | None:
    """The chain that begins with this job, or None if there is no such job."""
    given = {"id": job_id}
    begun = conn.execute(BEGUN, given).one_or_none()
    if begun is None:
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
        enqueued=sum(row.jobs for row in rows) - 1,
        skipped=int(sum(row.skipped for row in rows)),
        queues=queues,
        failures=[ChainFailure(row.queue_name, row.target_label, row.error) for row in failures],
    )
