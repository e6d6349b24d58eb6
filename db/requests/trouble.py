"""Programs that refuse to be asked for a reason that only a person can mend: a password, a key, an address."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from db.ledger.notify import notify
from db.ledger.waiting import IS_WAITING
from db.requests.programs import CLIENTS, Client, Programs, Shelf

#: What is written to a program that is to be asked again as often as ever.
ASKED_AGAIN: Mapping[str, None] = {"trouble": None, "trouble_since": None}
_REFUSES = "UPDATE {table} SET trouble = :why, trouble_since = coalesce(trouble_since, now()) WHERE id = :id"
_WAKE = text(
    f"""
    UPDATE job_runs SET run_at = now()
    WHERE queue_name = 'monitor_download' AND {IS_WAITING} AND run_at > now()
      AND target_type = 'download'
      AND target_id IN (SELECT CAST(id AS text) FROM download_history WHERE client_id = :id AND status = 'downloading')
    RETURNING id
    """  # noqa: S608  (constants)
)


def say_refusal(conn: Connection, programs: Programs[Shelf] | Programs[Client], program_id: int, why: str) -> None:
    """Remember that a program refuses. It is asked seldom from then on, until it answers or somebody has changed it."""
    conn.execute(text(_REFUSES.format(table=programs.table)), {"id": program_id, "why": why})


def ask_again(conn: Connection, client_id: int) -> int:
    """Have a client that refused asked at once for all that it downloads; returns how many jobs waited for that."""
    CLIENTS.change(conn, client_id, **ASKED_AGAIN)
    woken = len(conn.execute(_WAKE, {"id": client_id}).all())
    if woken:
        notify(conn, "enqueued", queues=["monitor_download"])
    return woken
