"""When the sweeps over requests run next, as Prefect's schedules have it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from ops_api.prefect import Prefect

logger = logging.getLogger(__name__)

#: Which sweep looks after the requests that wait, by their status.
SWEEPS: Mapping[str, str] = {
    "awaiting_search": "retry_missing_torrents",
    "awaiting_release": "retry_missing_torrents",
    "awaiting_import": "retry_failed_imports",
}


class Upcoming:
    """What Prefect said last; pages read it without waiting for Prefect."""

    def __init__(self, prefect: Prefect) -> None:
        self._prefect = prefect
        self._known: Mapping[str, Sequence[datetime]] = {}

    def look(self) -> None:
        """Ask Prefect; where it does not answer, nothing is known."""
        try:
            self._known = {queue: self._planned(queue) for queue in dict.fromkeys(SWEEPS.values())}
        except httpx.HTTPError as error:
            logger.debug("Prefect does not answer: %s", error)
            self._known = {}

    def next(self, status: str, now: datetime) -> datetime | None:
        """When requests in this status are looked at next; None where that is not known, or nothing looks at them."""
        return next((moment for moment in self._known.get(SWEEPS.get(status, ""), ()) if moment > now), None)

    def _planned(self, queue: str) -> list[datetime]:
        return [run.at for run in self._prefect.planned(self._prefect.schedule(queue, "").deployment)]
