"""What is told of a request's step to one target of notifications."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class News:
    """A step, and whom to tell of it; the target's address is in Prefect, as the block named by `secret_block`."""

    target: str
    secret_block: str
    event: str
    title: str
    message: str
    #: Who asked for the book.
    by: str


_READ = text(
    """
    SELECT t.name AS target, t.secret_block, :event AS event, b.title || ' by ' || b.author AS title, h.message,
           r.requested_by AS by
    FROM request_history h JOIN requests r ON r.id = h.request_id JOIN audiobooks b ON b.id = r.audiobook_id,
         notification_targets t
    WHERE h.id = :history AND t.id = :target AND t.enabled
    """
)


def read_news(conn: Connection, target_id: str, event: str) -> News | None:
    """What this notification's job (`<step>:<target>`) is about; None where either is gone or switched off."""
    history, _, target = target_id.partition(":")
    row = conn.execute(_READ, {"history": int(history), "target": int(target), "event": event}).mappings().one_or_none()
    return None if row is None else News(**row)
