"""What the ledger tells whoever listens, by NOTIFY, so that nobody hears of a change that was rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import Connection, text

from db.ledger.types import CHANNEL

#: PostgreSQL refuses payloads of 8,000 bytes and more; a listener that is told of no job looks at all of its own.
_MOST_JOBS = 200


def notify(
    conn: Connection,
    event: Literal[
        "enqueued", "asked", "works", "started", "progress", "cancel", "settled", "cleared", "settings", "request"
    ],
    *,
    queues: Iterable[str] = (),
    jobs: Iterable[int] = (),
) -> None:
    """Say on the ledger's channel what happened to which queues and jobs, once this transaction commits."""
    named = sorted(jobs)
    payload = {"event": event, "queues": sorted(set(queues)), "jobs": named if len(named) <= _MOST_JOBS else []}
    conn.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": json.dumps(payload)})
