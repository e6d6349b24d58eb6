"""What a person sets for one queue: how much of it runs at once, and how urgent its jobs are.

It holds in every process from the next statement on: claims and enqueues read it where they are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.notify import notify
from flows.queues import MOST_SLOTS, PRIORITIES

#: In SQL, the slots of the queue `{queue}`, whose base is `{base}`; to be read from `library_settings`.
SLOTS = """coalesce((SELECT own.slots FROM queue_settings own WHERE own.queue_name = {queue}),
                    {base} * CASE WHEN {scales} THEN background_worker_concurrency ELSE 1 END)"""
#: In SQL, how urgent a person wants the jobs of the queue `{queue}` at least; null where nobody has said so.
PRIORITY = "(SELECT own.priority FROM queue_settings own WHERE own.queue_name = {queue})"

_READ = text("SELECT queue_name, slots, priority, skip_missed, changed_by, changed_at FROM queue_settings")
_FORGET = text("DELETE FROM queue_settings WHERE queue_name = :queue")
_WRITE = text(
    """
    INSERT INTO queue_settings (queue_name, slots, priority, skip_missed, changed_by)
    VALUES (:queue, :slots, :priority, :skip_missed, :by)
    ON CONFLICT (queue_name) DO UPDATE
    SET slots = excluded.slots, priority = excluded.priority, skip_missed = excluded.skip_missed,
        changed_by = excluded.changed_by, changed_at = now()
    """
)


#: A run that begins so much later than its schedule wanted has been missed (minutes).
MISSED = 10

_MISSED = text(
    """
    SELECT EXISTS (SELECT FROM queue_settings WHERE queue_name = :queue AND skip_missed)
       AND now() - :moment > make_interval(mins => :missed)
    """
)


class QueueSettingError(ValueError):
    """A value is not allowed; the message is one sentence for people."""


@dataclass(frozen=True)
class QueueSettings:
    """What a person has set for one queue; None where it is as it would be without."""

    slots: int | None = None
    priority: int | None = None
    #: Whether a run that a schedule has missed is left out, rather than made up.
    skip_missed: bool = False
    changed_by: str | None = None
    changed_at: datetime | None = None


def read_queue_settings(conn: Connection) -> dict[str, QueueSettings]:
    """What is set, by the name of the queue."""
    rows = conn.execute(_READ).all()
    return {row.queue_name: QueueSettings(*row[1:]) for row in rows}


def was_missed(conn: Connection, queue_name: str, moment: datetime) -> bool:
    """Whether a run that was wanted at that moment is too late for a queue whose missed runs are left out."""
    missed: bool = conn.execute(_MISSED, {"queue": queue_name, "moment": moment, "missed": MISSED}).scalar_one()
    return missed


def change_queue(conn: Connection, queue_name: str, *, by: str, **changes: Any) -> QueueSettings:
    """Set `slots` or `priority` of a queue, None to have it as it would be without, and `skip_missed`; leave what is
    not named.

    Raises:
        QueueSettingError: a value is out of range.
    """
    _check(changes.get("slots"), changes.get("priority"))
    # Two who change it at once do so one after the other, also where there is no row to lock yet.
    conn.execute(text("LOCK TABLE queue_settings IN SHARE ROW EXCLUSIVE MODE"))
    known = read_queue_settings(conn).get(queue_name, QueueSettings())
    wanted = {"slots": known.slots, "priority": known.priority, "skip_missed": known.skip_missed} | changes
    if any(value not in (None, False) for value in wanted.values()):
        conn.execute(_WRITE, {"queue": queue_name, "by": by, **wanted})
    else:
        conn.execute(_FORGET, {"queue": queue_name})
    notify(conn, "enqueued", queues=[queue_name])  # a slot more is work for a flow that waits for one
    return read_queue_settings(conn).get(queue_name, QueueSettings())


def _check(slots: int | None, priority: int | None) -> None:
    if slots is not None and not 1 <= slots <= MOST_SLOTS:
        raise QueueSettingError(f"A queue has 1 to {MOST_SLOTS} slots.")
    if priority is not None and priority not in PRIORITIES:
        words = ", ".join(f"{value} ({word})" for value, word in PRIORITIES.items())
        raise QueueSettingError(f"The priority of a queue is one of {words}.")
