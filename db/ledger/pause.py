"""Queues that take no new work for now. What runs is finished; the rest waits, over every restart."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db.ledger.notify import notify
from flows.queues import BY_NAME

#: What stands for all queues.
ALL = "*"

#: Whether a queue, named in the statement around it, may take work at this instant.
IS_PAUSED = "EXISTS (SELECT FROM queue_pauses WHERE queue_name IN ({queue}, '*') AND (until IS NULL OR until > now()))"

_PAUSE = text(
    """
    INSERT INTO queue_pauses (queue_name, paused_by, until)
    VALUES (:queue, :by, now() + make_interval(mins => :minutes))
    ON CONFLICT (queue_name) DO UPDATE
    SET paused_at = now(), paused_by = excluded.paused_by, until = excluded.until
    """
)
_RESUME = text("DELETE FROM queue_pauses WHERE queue_name = :queue AND (until IS NULL OR until > now())")


def pause(conn: Connection, queue_name: str = ALL, *, by: str, minutes: int | None = None) -> None:
    """Let a queue, or all of them, take no new work: for so many minutes, or until `resume`."""
    conn.execute(_PAUSE, {"queue": queue_name, "by": by, "minutes": minutes})
    notify(conn, "settings", queues=_meant(queue_name))


def resume(conn: Connection, queue_name: str = ALL) -> bool:
    """Let a queue, or all that were paused together, work again; False where nothing was paused.

    A queue that was paused by its own name stays so when all are resumed.
    """
    resumed = conn.execute(_RESUME, {"queue": queue_name}).rowcount > 0
    if resumed:
        notify(conn, "enqueued", queues=_meant(queue_name))
    return resumed


def _meant(queue_name: str) -> list[str]:
    return list(BY_NAME) if queue_name == ALL else [queue_name]
