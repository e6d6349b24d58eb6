"""The story of each job, in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, text

from db.ledger.types import Event
from db.redact import redacted

# Serial order is said order: the rows are inserted in the order of the array.
_ADD = text(
    """
    INSERT INTO job_events (job_id, attempt, level, context, message, metadata, created_at)
    SELECT e.job_id, e.attempt, e.level, e.context, e.message, e.details,
           clock_timestamp() - make_interval(secs => e.ago)
    FROM ROWS FROM (jsonb_to_recordset(CAST(:events AS jsonb))
                    AS (job_id bigint, attempt int, level text, context text, message text, details jsonb, ago float8))
         WITH ORDINALITY AS e(job_id, attempt, level, context, message, details, ago, n)
    JOIN job_runs j ON j.id = e.job_id AND NOT (:unless_overtaken AND e.attempt < j.attempts)
    ORDER BY e.n
    """
)


def dump(value: object) -> str:
    """JSON that PostgreSQL takes: a NUL has no place in its text, a lone surrogate none in its JSON."""
    whole = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace").decode()
    return whole.replace("\\u0000", "\ufffd")


def add_events(conn: Connection, events: Sequence[Event], *, unless_overtaken: bool = False) -> None:
    """Write events, in order and without secrets; those of jobs that were pruned meanwhile are dropped.

    With `unless_overtaken` so are those of an attempt after which another has begun: what a process says that has lost
    its job comes too late for the story, as its result does.
    """
    if events:
        said = dump(redacted([asdict(event) for event in events]))
        conn.execute(_ADD, {"events": said, "unless_overtaken": unless_overtaken})
