"""Keeps Prefect's schedule of scans as the settings want it, and knows when it scans next."""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Lock

import httpx
from sqlalchemy import Engine

from db import library_settings
from db.ledger import note
from ops_api.prefect import Planned, Prefect

logger = logging.getLogger(__name__)

#: The queue, and which schedule of its deployment in prefect.yaml is meant.
QUEUE = "library-scan"
SLUG = "auto-scan"
NOT_AS_SET = "Prefect's schedule of scans was not what the settings say; it is again."


class AutoScan:
    """The settings are the truth; Prefect's schedule follows them, and it alone says when the next scan is."""

    def __init__(self, engine: Engine, prefect: Prefect) -> None:
        self._engine = engine
        self._prefect = prefect
        self._one_at_a_time = Lock()
        #: When Prefect scans next, the soonest first; nothing while that is unknown.
        self.upcoming: tuple[datetime, ...] = ()

    def agree(self, *, unasked: bool = False) -> bool:
        """Bring the schedule in line where it is not; False where Prefect refused or did not answer.

        `unasked`, nobody has just changed the settings: then somebody, or a loss, has changed the schedule.
        """
        with self._one_at_a_time:
            with self._engine.connect() as conn:
                settings = library_settings.read(conn)
            try:
                changed, planned = self._bring_in_line(
                    settings.auto_scan_enabled, settings.scan_interval_minutes * 60.0
                )
            except httpx.HTTPError as error:
                logger.warning("Could not look after the schedule of scans; that is tried each minute: %s", error)
                self.upcoming = ()
                return False
            self.upcoming = tuple(run.at for run in planned)
            if changed and unasked:
                with self._engine.begin() as conn:
                    note(
                        conn,
                        "Prefect's schedule of scans was not what the settings say; it is again.",
                        queue_name=QUEUE,
                    )
        return True

    def _bring_in_line(self, active: bool, interval: float) -> tuple[bool, list[Planned]]:
        """Whether that had to be done, and the next runs."""
        schedule = self._prefect.schedule(QUEUE, SLUG)
        planned = self._prefect.planned(schedule.deployment)
        as_wanted = (schedule.active, schedule.interval) == (active, interval)
        # Prefect's scheduler may add what it had worked out just before the schedule was switched off.
        left_over = not active and any(run.schedule == schedule.id for run in planned)
        if as_wanted and not left_over:
            return False, planned
        self._prefect.set_schedule(schedule, active=active, interval=interval)
        return True, self._prefect.planned(schedule.deployment)
