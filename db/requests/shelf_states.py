"""How each library server is doing, as the last look at it went."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.requests.programs import SHELVES, Shelf

_STATES = text(
    """
    SELECT s.id, (SELECT count(*) FROM plex_library i WHERE i.shelf_id = s.id) AS books, (
        SELECT j.error FROM job_runs j
        WHERE j.queue_name = ANY(:looks) AND j.target_type = 'shelf' AND j.target_id = CAST(s.id AS text)
          AND j.status IN ('completed', 'failed')
        ORDER BY j.finished_at DESC LIMIT 1) AS error
    FROM shelves s WHERE s.enabled
    """
)
#: The queues that look at one.
LOOKS = ("scan_plex", "plex_recently_added_check")


@dataclass(frozen=True)
class ShelfState:
    """A server that is used, how many books of its are known, and what went wrong with the last look at it."""

    shelf: Shelf
    books: int
    error: str | None


def shelf_states(conn: Connection) -> list[ShelfState]:
    """Those that are used, the oldest first."""
    found = {row.id: row for row in conn.execute(_STATES, {"looks": list(LOOKS)})}
    shelves = [shelf for shelf in SHELVES.enabled(conn) if shelf.id in found]
    return [ShelfState(shelf, found[shelf.id].books, found[shelf.id].error) for shelf in shelves]
