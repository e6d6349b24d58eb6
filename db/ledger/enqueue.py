"""How work gets into the ledger: one statement for many rows, idempotent by the index on unfinished targets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.ledger.notify import notify
from db.ledger.queue_settings import PRIORITY
from db.ledger.types import Enqueued, FollowUp
from flows.queues import BY_NAME

# A row that already waits is not made twice, but it becomes as urgent as whoever asked last wants it.
_ENQUEUE = text(
    f"""
    INSERT INTO job_runs AS j (queue_name, target_type, target_id, target_label, is_nsfw, payload, run_at,
                               max_attempts, priority, trigger, parent_id, origin_id)
    SELECT w.queue_name, w.target_type, w.target_id, w.target_label, w.is_nsfw, w.payload,
           now() + make_interval(secs => w.delay), w.max_attempts,
           greatest(w.priority, CASE WHEN w.least IS NOT NULL
                                     THEN coalesce({PRIORITY.format(queue="w.queue_name")}, w.least) END),
           :trigger, :parent_id, :origin_id
    FROM ROWS FROM (jsonb_to_recordset(CAST(:jobs AS jsonb))
                    AS (queue_name text, target_type text, target_id text, target_label text, is_nsfw boolean,
                        payload jsonb, delay float8, max_attempts int, priority smallint, least smallint))
         WITH ORDINALITY AS w(queue_name, target_type, target_id, target_label, is_nsfw, payload, delay,
                              max_attempts, priority, least, n)
    ORDER BY w.n
    ON CONFLICT (queue_name, target_type, target_id) WHERE status IN ('queued', 'running')
    DO UPDATE SET priority = excluded.priority WHERE j.priority < excluded.priority AND j.status = 'queued'
    RETURNING j.id, j.queue_name, (xmax = 0) AS made
    """  # noqa: S608  (constants)
)


def enqueue(
    conn: Connection,
    jobs: Sequence[FollowUp],
    *,
    trigger: str,
    priority: int,
    parent_id: int | None = None,
    origin_id: int | None = None,
) -> Enqueued:
    """Make a row for each job whose target is not already waiting or running in its queue.

    `priority` is how urgent whoever asks wants them; a queue may want its jobs more urgent than that, and a job that
    names its own gets that.

    Raises:
        KeyError: a job names a queue that is not in the table of queues.
    """
    # Two jobs for one target in one statement would be an error of PostgreSQL's.
    distinct = {(job.queue_name, job.target_type, job.target_id): job for job in jobs}
    if not distinct:
        return Enqueued()
    rows = [vars(job) | _policy(job, priority) for job in distinct.values()]
    made = [
        row
        for row in conn.execute(
            _ENQUEUE,
            {
                "jobs": dump(rows),
                "trigger": trigger,
                "parent_id": parent_id,
                "origin_id": origin_id,
            },
        )
        if row.made
    ]
    if made:
        notify(conn, "enqueued", queues=(row.queue_name for row in made))
    return Enqueued(len(made), len(jobs) - len(made), tuple(row.id for row in made))


def _policy(job: FollowUp, priority: int) -> dict[str, int | None]:
    queue = BY_NAME[job.queue_name]
    urgency = {"priority": priority, "least": queue.priority} if job.priority is None else {"priority": job.priority}
    return {"max_attempts": queue.retry.attempts, "least": None, **urgency}
