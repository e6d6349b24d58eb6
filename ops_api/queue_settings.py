"""What a person sets for one queue, once for the API and the page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from db import ledger, library_settings
from flows.queues import PRIORITIES, QUEUES
from ops_api import models
from ops_api.access import current
from ops_api.desk import Desk, known_queue
from ops_api.words import counted


def read(conn: Connection, queue_name: str) -> models.QueueSettings:
    """What is in force for a queue, and what it would be without what a person has set.

    Raises:
        NotFoundError: there is no such queue.
    """
    queue = known_queue(queue_name)
    own = ledger.read_queue_settings(conn).get(queue_name, ledger.QueueSettings())
    slots = queue.slots_at(library_settings.read(conn).background_worker_concurrency)
    return models.QueueSettings(
        queue_name=queue_name,
        label=queue.label,
        slots=own.slots or slots,
        default_slots=slots,
        own_slots=own.slots,
        priority=own.priority or queue.priority,
        default_priority=queue.priority,
        own_priority=own.priority,
        changed_by=own.changed_by,
        changed_at=own.changed_at,
    )


def of_their_own(conn: Connection) -> list[models.QueueSettings]:
    """Those for which somebody has set something, in the order of the page."""
    own = ledger.read_queue_settings(conn)
    return [read(conn, queue.name) for queue in QUEUES if queue.name in own and _is_special(own[queue.name])]


def _is_special(own: ledger.QueueSettings) -> bool:
    """Whether it is about more than its schedules, which say theirs on their own page."""
    return own.slots is not None or own.priority is not None


def change(desk: Desk, queue_name: str, **changes: Any) -> models.QueueSettings:
    """Set `slots` or `priority`, None to take back what was set."""
    known_queue(queue_name)
    with desk.acting("queue-settings", queue=queue_name, **changes) as conn:
        ledger.change_queue(conn, queue_name, by=str(current.who()), **changes)
        made = read(conn, queue_name)
    desk.starter.start_soon()
    return made


def set_slots(desk: Desk, queue_name: str, slots: int | None) -> models.Told:
    """Have so many jobs of a queue run at once; None: as many as the settings say. Says so."""
    made, name = change(desk, queue_name, slots=slots), known_queue(queue_name).label
    how = "again, as the settings say" if slots is None else "of its own, from the next job on"
    return models.Told(message=f"{name} has {counted(made.slots, 'slot')} {how}.")


def reset(desk: Desk, queue_name: str) -> models.Told:
    """Take back all that was set for a queue; says so."""
    change(desk, queue_name, slots=None, priority=None)
    return models.Told(message=f"{known_queue(queue_name).label} has no settings of its own any more.")


def set_priority(desk: Desk, queue_name: str, priority: int | None) -> models.Told:
    """Have a queue's jobs be at least so urgent; None: as urgent as they are without. Says so."""
    made, name = change(desk, queue_name, priority=priority), known_queue(queue_name).label
    again = " again, as it is by itself" if priority is None else ""
    return models.Told(message=f"The priority of {name} is {PRIORITIES[made.priority]}{again}.")
