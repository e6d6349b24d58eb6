"""Why a job waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.ledger.waiting import IS_WAITING
from flows.queues import BY_NAME

_READ = text(f"""
    SELECT j.run_at, j.run_at > now() AS delayed, j.lease_owner IS NOT NULL AS taken,
           j.error IS NOT NULL AS failed_before,
           (SELECT count(DISTINCT lease_owner) FROM job_runs l
            WHERE l.queue_name = j.queue_name AND l.lease_owner IS NOT NULL AND l.lease_expires_at > now()
           ) AS slots_in_use,
           coalesce((SELECT background_worker_concurrency FROM library_settings), 1) AS multiplier,
           (SELECT slots FROM queue_settings s WHERE s.queue_name = j.queue_name) AS own,
           (SELECT count(*) FROM (
                (SELECT FROM job_runs a WHERE a.queue_name = j.queue_name AND {IS_WAITING} AND a.run_at <= now()
                 AND a.priority > j.priority LIMIT 10000)
                UNION ALL
                (SELECT FROM job_runs a WHERE a.queue_name = j.queue_name AND {IS_WAITING} AND a.run_at <= now()
                 AND a.priority = j.priority AND (a.run_at, a.id) < (j.run_at, j.id) LIMIT 10000)
                LIMIT 10000) ahead) AS ahead,
           EXISTS (SELECT FROM queue_pauses p WHERE p.queue_name IN (j.queue_name, '*')
                   AND (p.until IS NULL OR p.until > now())) AS paused,
           EXISTS (SELECT FROM queue_flows f WHERE f.queue_name = j.queue_name AND f.expires_at > now()) AS has_flow
    FROM job_runs j WHERE j.id = :id AND j.status = 'queued'
""")  # noqa: S608  (constants)


@dataclass(frozen=True)
class Waiting:
    """What a queued job waits for. `ahead` counts what its queue does first, up to 10,000."""

    run_at: datetime
    delayed: bool
    #: Whether a slot has leased it already: with others that it does first, or for a processor that it waits for.
    taken: bool
    heavy: bool
    failed_before: bool
    paused: bool
    has_flow: bool
    slots_in_use: int
    slots: int
    ahead: int


def waiting(conn: Connection, job_id: int, queue_name: str) -> Waiting | None:
    """Why this job waits; None for one that does not."""
    row = conn.execute(_READ, {"id": job_id}).mappings().one_or_none()
    if row is None:
        return None
    facts = dict(row)
    multiplier, own = facts.pop("multiplier"), facts.pop("own")
    queue = BY_NAME.get(queue_name)
    slots = queue.slots_at(multiplier) if queue else multiplier
    return Waiting(**facts, slots=own or slots, heavy=queue is not None and queue.heavy)
