"""Which of a queue's waiting rows are due first, asked of the index that claims use, however many wait."""

from __future__ import annotations

#: Queued and not leased, as the table's checks make it, in words from which no other index on unfinished rows can be
#: inferred. Until it is analysed, PostgreSQL takes a queue that was empty to have one row; all indexes cost the same
#: for that, and by any but the one of claims each look would read the whole queue.
IS_WAITING = "finished_at IS NULL AND lease_owner IS NULL"

#: In SQL, the priorities that waiting rows of the queue `{queue}` have: one step through the index for each.
#: Not by `max`: of one row, as PostgreSQL may take it to be, that is had by reading all.
PRIORITIES = f"""
    WITH RECURSIVE p(priority) AS (
        (SELECT priority FROM job_runs WHERE queue_name = {{queue}} AND {IS_WAITING} ORDER BY priority DESC LIMIT 1)
        UNION ALL
        SELECT next.priority FROM p, LATERAL (
            SELECT priority FROM job_runs
            WHERE queue_name = {{queue}} AND {IS_WAITING} AND priority < p.priority ORDER BY priority DESC LIMIT 1
        ) AS next
    )
    SELECT priority FROM p
"""  # noqa: S608  (constants)

#: In SQL, the time at which the first waiting row of the queue `{queue}` is due, for each priority.
FIRST_DUE = f"""
    SELECT first.run_at FROM ({PRIORITIES}) AS of, LATERAL (
        SELECT run_at FROM job_runs
        WHERE queue_name = {{queue}} AND {IS_WAITING} AND priority = of.priority ORDER BY run_at LIMIT 1
    ) AS first
"""  # noqa: S608

#: In SQL, what to read `{columns}` from, called `due`: the rows of the queue `{queue}` that are due, most urgent first,
#: then oldest, `{most}` of each priority. Of all priorities at once they would be found behind those that wait for a
#: later time, each of which would be stepped over.
DUE = f"""
    ({PRIORITIES}) AS of, LATERAL (
        SELECT {{columns}} FROM job_runs
        WHERE queue_name = {{queue}} AND {IS_WAITING} AND priority = of.priority AND run_at <= now()
        ORDER BY run_at, id LIMIT {{most}}
    ) AS due
"""  # noqa: S608

#: In SQL, what to read `{columns}` from, called `later`: of all rows that wait for a later time, or for each queue
#: (`queues`) and priority where they are aggregates. The totals are read by their key: where reading tables whole is
#: off, what that would cost makes every other cost look the same.
LATER = f"""
    (SELECT queue_name FROM job_totals WHERE id > 0 AND status = 'queued' GROUP BY 1 HAVING sum(jobs) > 0) AS queues,
    LATERAL ({PRIORITIES.format(queue="queues.queue_name")}) AS of,
    LATERAL (
        SELECT {{columns}} FROM job_runs
        WHERE queue_name = queues.queue_name AND {IS_WAITING} AND priority = of.priority AND run_at > now() OFFSET 0
    ) AS later
"""  # noqa: S608
