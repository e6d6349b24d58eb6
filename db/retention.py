"""How long jobs stay: of each queue the newest that completed and that were cleared; what nobody cleared, always.

Their events go with them. What ended within the hour stays, and all of a chain that is still at work, so that whoever
waits for a scan finds every job that it led to.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from flows.queues import QUEUES

#: How many of each queue stay.
COMPLETED, CLEARED = 100, 200
#: The most that one call removes of each queue and kind.
BATCH = 5_000

_PRUNE = """
    DELETE FROM job_runs WHERE id IN (
        SELECT id FROM job_runs j
        WHERE queue_name = :queue AND {kind} AND finished_at < now() - interval '1 hour'
          AND finished_at < (SELECT finished_at FROM job_runs WHERE queue_name = :queue AND {kind}
                             ORDER BY finished_at DESC OFFSET :keep - 1 LIMIT 1)
          AND NOT EXISTS (SELECT FROM job_runs u WHERE u.origin_id = coalesce(j.origin_id, j.id)
                          AND u.status IN ('queued', 'running'))
        ORDER BY finished_at LIMIT :batch)
"""
_KINDS = (
    (text(_PRUNE.format(kind="status = 'completed'")), COMPLETED),
    (text(_PRUNE.format(kind="status IN ('failed', 'cancelled') AND cleared_at IS NOT NULL")), CLEARED),
)


def prune(conn: Connection) -> int:
    """Remove what has stayed long enough, oldest first, a batch of each kind; how many that was. Call it again."""
    pruned = 0
    for queue in QUEUES:
        for statement, keep in _KINDS:
            pruned += conn.execute(statement, {"queue": queue.name, "keep": keep, "batch": BATCH}).rowcount
    return pruned
