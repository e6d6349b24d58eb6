"""Removing generated files that no row owns: from the cache, and what was put beside videos."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Engine

from darkroom.settings import settings
from db import generated
from db.generated import NAMED, Noted
from flows.beside import remove
from tasks.control import Control
from tasks.library.sweep import Sweeper, Swept

#: Seconds. What is younger may be of a job that runs: files that no row names yet, folders of half-made files.
FRESH, HALF_MADE = 3600.0, 24 * 3600.0
#: Folders and files per look at the database.
PAGE = 500


class Sweep:
    """Sweeps the cache and the places beside videos, each of them a few hundred files at a time."""

    def __init__(self, engine: Engine, control: Control) -> None:
        self.engine, self.control = engine, control
        self.swept = Swept()
        now = time.time()
        self._sweeper = Sweeper(settings().cache, now - FRESH, now - HALF_MADE, self.swept)

    def run(self) -> Iterator[float]:
        """Remove all that nobody owns; gives how much is done, 0.0 to 1.0.

        Raises:
            CancelledError: it was asked to stop.
        """
        for n, shelf in enumerate(NAMED, start=1):
            self._shelf(shelf)
            yield n / (len(NAMED) + 1)
        self._covers()
        self._parts()
        self._beside()
        yield 1.0

    def _shelf(self, shelf: str) -> None:
        folder = settings().cache / shelf
        if folder.is_symlink():
            self.control.log("warn", f"{shelf} in the cache is a link; what lies behind it is left as it is.")
        elif folder.is_dir():
            with os.scandir(folder) as entries:
                while page := list(islice(entries, PAGE)):
                    self.control.check()
                    self._page(shelf, page)

    def _page(self, shelf: str, page: list[os.DirEntry[str]]) -> None:
        numbered = {number: entry for entry in page if (number := _number(entry))}
        with self.engine.begin() as conn:
            keep = generated.owned(conn, shelf, list(numbered))
            busy = generated.busy(conn, shelf)
        for number, entry in numbered.items():
            if number not in busy:
                self._sweeper.sweep(f"{shelf}/{entry.name}", keep)
        for entry in page:
            self._sweeper.sweep_part(entry)

    def _covers(self) -> None:
        """Covers that were fetched for books which name another one by now, or are gone."""
        with self.engine.begin() as conn:
            keep = generated.covers(conn)
        self._sweeper.sweep(generated.COVERS, keep)

    def _parts(self) -> None:
        if settings().cache.is_dir():
            with os.scandir(settings().cache) as entries:
                for entry in entries:
                    self._sweeper.sweep_part(entry)

    def _beside(self) -> None:
        after: Noted | None = None
        while True:
            self.control.check()
            with self.engine.begin() as conn:
                page = generated.unnamed(conn, after, age=FRESH, limit=PAGE)
            # In no transaction: a slow disk takes its time, and what is removed and not forgotten is met again.
            removed = {note: size for note in page if (size := remove(note)) is not None}
            with self.engine.begin() as conn:
                generated.forget(conn, list(removed))
            self.swept.files += sum(size > 0 for size in removed.values())
            self.swept.bytes += sum(removed.values())
            if not page:
                break
            after = page[-1]
        with self.engine.begin() as conn:
            generated.forget_older(conn, age=FRESH)


def _number(entry: os.DirEntry[str]) -> int | None:
    """The id that names a folder of the cache; None for anything else, links among it."""
    name = entry.name
    canonical = name.isascii() and name.isdecimal() and len(name) <= 18 and not name.startswith("0")
    return int(name) if canonical and entry.is_dir(follow_symlinks=False) else None
