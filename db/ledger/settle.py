"""How an attempt ends: refused where the lease was lost, otherwise one row changed, by what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.ledger.notify import notify
from db.ledger.types import Outcome
from db.redact import redacted

# A row whose work began and ended between two writes is still `queued` here: its attempt is counted now.
_SETTLE = text(
    """
    WITH held AS (
        SELECT j.id, o.*, j.attempts + CAST(j.status = 'queued' AS int) AS attempt, j.max_attempts,
               j.cancel_requested_at IS NOT NULL AS to_cancel
        FROM jsonb_to_recordset(CAST(:outcomes AS jsonb))
             AS o(job_id bigint, kind text, result jsonb, error text, delay float8, began_ago float8, ended_ago float8,
                  progress int, cpu_seconds float4, peak_memory bigint)
        JOIN job_runs j ON j.id = o.job_id
        WHERE j.lease_owner = :owner
        ORDER BY j.id -- whoever waits for several rows does so in this order
        FOR UPDATE OF j
    ), ended AS (
        SELECT *, kind = 'snooze' AND NOT to_cancel AS snoozes,
               CASE WHEN kind IN ('retry', 'snooze') AND to_cancel THEN 'cancelled'
                    WHEN kind = 'retry' AND attempt >= max_attempts THEN 'failed'
                    WHEN kind IN ('retry', 'snooze') THEN 'queued'
                    ELSE kind END AS status
        FROM held
    ), settled AS (
        UPDATE job_runs j
        SET status = e.status,
            attempts = CASE WHEN e.snoozes THEN 0 ELSE e.attempt END,
            crashes = CASE WHEN e.snoozes THEN 0 ELSE j.crashes END,
            progress = CASE WHEN e.status = 'completed' THEN 100
                            WHEN e.snoozes THEN coalesce(e.progress, j.progress)
                            WHEN e.status = 'queued' THEN 0 ELSE j.progress END,
            result = e.result, cpu_seconds = e.cpu_seconds, peak_memory = e.peak_memory,
            error = CASE WHEN e.snoozes OR e.status = 'completed' THEN NULL ELSE coalesce(e.error, j.error) END,
            run_at = CASE WHEN e.status = 'queued' THEN now() + make_interval(secs => e.delay) ELSE j.run_at END,
            started_at = CASE WHEN e.status = 'queued' THEN NULL
                              ELSE coalesce(j.started_at, now() - make_interval(secs => e.began_ago)) END,
            finished_at = CASE WHEN e.status <> 'queued' THEN now() - make_interval(secs => e.ended_ago) END,
            prefect_flow_run_id = coalesce(CAST(:flow_run AS uuid), j.prefect_flow_run_id),
            prefect_task_run_id = coalesce(CAST(:task_run AS uuid), j.prefect_task_run_id),
            lease_owner = NULL, lease_expires_at = NULL
        FROM ended e
        WHERE j.id = e.id
        RETURNING j.id, j.status, j.queue_name
    )
    SELECT status, queue_name, string_agg(CAST(id AS text), ' ') AS ids FROM settled GROUP BY 1, 2
    """
)

# What was tried again is no longer the last word on its target; its row and its error stay.
_SUPERSEDE = text(
    """
    UPDATE job_runs old
    SET cleared_at = now()
    FROM job_runs new
    WHERE new.id = ANY(CAST(:ids AS bigint[])) AND old.id < new.id
      AND old.queue_name = new.queue_name AND old.target_type = new.target_type AND old.target_id = new.target_id
      AND old.status IN ('failed', 'cancelled') AND old.cleared_at IS NULL
    """
)


def settle(
    conn: Connection,
    owner: str,
    outcomes: Sequence[Outcome],
    *,
    flow_run: str | None = None,
    task_run: str | None = None,
) -> dict[int, str]:
    """Write how attempts ended; returns the new status of each row that its owner still held.

    Rows that are not in the answer were lost to another owner or cancelled: their results must not be written. Call it
    before writing results, in the same transaction.
    """
    if not outcomes:
        return {}
    rows = conn.execute(
        _SETTLE,
        {
            "outcomes": dump([_said(outcome) for outcome in outcomes]),
            "owner": owner,
            "flow_run": flow_run,
            "task_run": task_run,
        },
    ).all()
    settled = {int(job_id): row.status for row in rows for job_id in row.ids.split()}
    if ended := [job_id for job_id, status in settled.items() if status in {"completed", "failed"}]:
        conn.execute(_SUPERSEDE, {"ids": f"{{{','.join(map(str, ended))}}}"})
    if rows:
        notify(conn, "settled", queues={row.queue_name for row in rows}, jobs=settled)
    return settled


def _said(outcome: Outcome) -> dict[str, Any]:
    """What the statement is told of an outcome: all but what is nothing, as most are that went well."""
    said: dict[str, Any] = {
        "job_id": outcome.job_id,
        "kind": outcome.kind,
        "began_ago": outcome.began_ago,
        "ended_ago": outcome.ended_ago,
    }
    if outcome.result is not None:
        said["result"] = outcome.result
    if outcome.error is not None:
        said["error"] = redacted(outcome.error)
    if outcome.cpu_seconds is not None:
        said |= {"cpu_seconds": outcome.cpu_seconds, "peak_memory": outcome.peak_memory}
    if outcome.kind in {"retry", "snooze"}:
        said |= {"delay": outcome.delay, "progress": outcome.progress}
    return said


# What is locked is still theirs: asked for by its id alone, a row is not looked for among all of theirs.
_RELEASE = text(
    """
    UPDATE job_runs j
    SET status = CASE WHEN cancelled THEN 'cancelled' ELSE 'queued' END,
        lease_owner = NULL, lease_expires_at = NULL,
        started_at = CASE WHEN cancelled THEN j.started_at END,
        finished_at = CASE WHEN cancelled THEN now() END,
        error = CASE WHEN cancelled THEN 'Cancelled while it ran.' ELSE j.error END,
        progress = CASE WHEN cancelled THEN j.progress ELSE 0 END,
        attempts = j.attempts - CAST(j.status = 'running' AND NOT cancelled AS int)
    FROM (SELECT id, cancel_requested_at IS NOT NULL AS cancelled FROM job_runs WHERE lease_owner = ANY(:owners)
          ORDER BY id FOR UPDATE) held
    WHERE j.id = held.id
    RETURNING j.id, j.queue_name, j.status
    """
)


def release(conn: Connection, owners: Sequence[str]) -> None:
    """Give rows back unharmed, as a process does that was told to stop: no attempt is spent.

    What was to be cancelled, and whose processes have ended with the rest, is cancelled.
    """
    rows = conn.execute(_RELEASE, {"owners": list(owners)}).all()
    if ended := [row for row in rows if row.status == "cancelled"]:
        notify(conn, "settled", queues={row.queue_name for row in ended}, jobs=[row.id for row in ended])
