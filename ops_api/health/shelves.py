"""Plex and Audiobookshelf: whether the last look at each went well, and is not long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from db import requests
from db.requests import ShelfState
from ops_api.health.check import Check
from ops_api.words import counted, relative

GROUP = "Library servers"
#: They are looked at every five minutes.
LATE = timedelta(minutes=20)

NONE = "None is set up: requested books stay downloaded, and nothing says that they are listed."
ADD = "Add Plex or Audiobookshelf on the Integrations page."
TEST = "Test it on the Integrations page."


def checks(engine: Engine) -> Iterator[Check]:
    """A line for each that is used; one where books are asked for and there is none."""
    with engine.connect() as conn:
        states, counts = requests.shelf_states(conn), requests.count_requests(conn)
    if not states and any(counts.values()):
        yield Check(GROUP, "Plex or Audiobookshelf", "warn", NONE, ADD)
    for state in states:
        yield _check(state, datetime.now(UTC))


def _check(state: ShelfState, now: datetime) -> Check:
    shelf = state.shelf
    if state.error is not None:
        return Check(GROUP, shelf.name, "bad", f"The last look at it failed: {state.error.rstrip('.')}.", TEST)
    looks = [moment for moment in (shelf.last_polled_at, shelf.last_scanned_at) if moment is not None]
    if not looks:
        remedy = "Run the library scan on the operations page, or wait for a few minutes."
        return Check(GROUP, shelf.name, "warn", "It was not looked at yet.", remedy)
    said = f"Lists {counted(state.books, 'book')}; looked at {relative(max(looks), now)}."
    if now - max(looks) > LATE:
        return Check(GROUP, shelf.name, "warn", said, "Is the schedule of the recently added check switched on?")
    return Check(GROUP, shelf.name, "ok", said)
