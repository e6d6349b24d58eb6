"""Which of a queue's waiting rows is due first, asked of the index that claims use, however many wait."""

from __future__ import annotations

IS_WAITING = "status = 'queued' AND lease_owner IS NULL"

#: In SQL, the priorities that waiting rows of the queue `{queue}` have: one step through the index for each.
PRIORITIES = f"""
    WITH RECURSIVE p(priority) AS (
        SELECT max(priority) FROM job_runs WHERE queue_name = {{queue}} AND {IS_WAITING}
        UNION ALL
        SELECT (SELECT max(priority) FROM job_runs
                WHERE queue_name = {{queue}} AND {IS_WAITING} AND priority < p.priority)
        FROM p WHERE priority IS NOT NULL
    )
    SELECT priority FROM p WHERE priority IS NOT NULL
"""  # noqa: S608  (constants)

#: In SQL, the time at which the first waiting row of the queue `{queue}` is due, for each priority.
FIRST_DUE = f"""
    SELECT first.run_at FROM ({PRIORITIES}) AS of, LATERAL (
        SELECT run_at FROM job_runs
        WHERE queue_name = {{queue}} AND {IS_WAITING} AND priority = of.priority ORDER BY run_at LIMIT 1
    ) AS first
"""  # noqa: S608

#: In SQL, what to read `{columns}` from, called `later`: of all rows that wait for a later time, or for each queue
#: (`queues`) and priority where they are aggregates.
LATER = f"""
    (SELECT queue_name FROM job_totals WHERE status = 'queued' GROUP BY 1 HAVING sum(jobs) > 0) AS queues,
    LATERAL ({PRIORITIES.format(queue="queues.queue_name")}) AS of,
    LATERAL (
        SELECT {{columns}} FROM job_runs
        WHERE queue_name = queues.queue_name AND {IS_WAITING} AND priority = of.priority AND run_at > now() OFFSET 0
    ) AS later
"""  # noqa: S608
