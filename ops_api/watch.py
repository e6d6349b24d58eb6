"""Watches the folders of the library, where the settings want it: what is new is scanned seconds after it settles."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from watchfiles import awatch

from db import library_settings, paths, roots, selection
from ops_api.starter import Starter

logger = logging.getLogger(__name__)

#: Changes within this time of each other are one (milliseconds); a file that is written to all the time does not
#: put its scan off for ever.
TOGETHER, AT_MOST = 2_000, 10_000
#: Seconds between two looks at what is to be watched, and before a watch that broke is tried again.
LOOK, AGAIN = 5.0, 60.0


@dataclass(frozen=True)
class WatchState:
    """Whether folders are watched, how many, and what keeps them from it."""

    wanted: bool = False
    folders: int = 0
    broken: str | None = None


class Watch:
    """One watch over all folders, begun anew when the settings or the folders change."""

    def __init__(self, engine: Engine, starter: Starter) -> None:
        self._engine, self._starter = engine, starter
        self.state = WatchState()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch for as long as this lasts."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                folders = await asyncio.to_thread(self._wanted)
                if folders:
                    await self._watch(folders)
                else:
                    self.state = WatchState(wanted=folders is not None)
                    await asyncio.sleep(LOOK)
            except (OSError, RuntimeError, SQLAlchemyError) as error:
                logger.warning("Watching broke off, the schedule goes on: %s", error)
                self.state = WatchState(wanted=True, broken=str(error).splitlines()[0])
                await asyncio.sleep(AGAIN)

    def _wanted(self) -> Mapping[str, int] | None:
        """The folders to watch and their ids; None where nothing is to be watched."""
        with self._engine.connect() as conn:
            if not library_settings.read(conn).watch_enabled:
                return None
            watched = roots.list_roots(conn)
        there = ((paths.to_native(root.path), root.id) for root in watched if root.enabled)
        return {path: root_id for path, root_id in there if Path(path).is_dir()}

    async def _watch(self, folders: Mapping[str, int]) -> None:
        """Scan what changes, until other folders are to be watched.

        Raises:
            OSError, RuntimeError: the system watches no more, such as when its limit is reached.
        """
        changed = asyncio.Event()
        asking = asyncio.create_task(self._until_other(folders, changed))
        try:
            async for changes in awatch(*folders, debounce=AT_MOST, step=TOGETHER, stop_event=changed):
                touched = {path for _, path in changes}
                await asyncio.to_thread(self._scan, {folders[root] for root in folders if _touches(root, touched)})
        finally:
            asking.cancel()

    async def _until_other(self, folders: Mapping[str, int], changed: asyncio.Event) -> None:
        self.state = WatchState(wanted=True, folders=len(folders))
        while await asyncio.to_thread(self._still, folders):
            await asyncio.sleep(LOOK)
        changed.set()

    def _still(self, folders: Mapping[str, int]) -> bool:
        try:
            return self._wanted() == folders
        except SQLAlchemyError:
            return True

    def _scan(self, root_ids: set[int]) -> None:
        for root_id in root_ids:
            with self._engine.begin() as conn:
                made = selection.scan_one(conn, root_id, trigger="watch")
            logger.info("Something changed in folder %d: %d scans enqueued.", root_id, made.enqueued)
        self._starter.start_soon()


def _touches(root: str, touched: set[str]) -> bool:
    return any(path == root or path.startswith(f"{root.rstrip('/')}/") for path in touched)
