"""What is done to all jobs that the logs list: found again by the same filters, and only as many as were shown."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qs

from db import dashboard
from db.dashboard import DEEPEST, ENDED_BADLY, UNFINISHED
from ops_api import models
from ops_api.desk import Desk
from ops_api.logs import Filters
from ops_api.words import counted


class FoundOthersError(ValueError):
    """Not as many jobs match as whoever asked has seen; the message says so."""


def retry(desk: Desk, query: str, seen: int) -> models.Retried:
    """Put all that failed or was cancelled back."""
    return desk.retry(models.Which(job_ids=_ids(desk, query, seen, ENDED_BADLY)))


def clear(desk: Desk, query: str, seen: int) -> models.Cleared:
    """Take all that failed or was cancelled off the list of failures."""
    return desk.clear(models.Which(job_ids=_ids(desk, query, seen, ENDED_BADLY)))


def cancel(desk: Desk, query: str, seen: int) -> models.Cancelled:
    """Cancel all that has not ended."""
    return desk.cancel_jobs(_ids(desk, query, seen, UNFINISHED))


def _ids(desk: Desk, query: str, seen: int, statuses: Collection[str]) -> list[int]:
    filters = Filters.model_validate({name: values[-1] for name, values in parse_qs(query).items()})
    with desk.engine.begin() as conn:
        desk.veil(conn)
        found = dashboard.ids(conn, filters.search(dashboard.now(conn)), statuses)
    if len(found) > DEEPEST:
        raise FoundOthersError(f"More than {DEEPEST:,} jobs match; narrow the filters.")
    if len(found) != seen:
        raise FoundOthersError(f"{counted(len(found), 'job')} match now, not {seen:,}: nothing was done. Look again.")
    return found
