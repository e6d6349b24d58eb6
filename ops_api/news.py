"""What the ledger says by NOTIFY, for everyone who listens to this program."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine

from db.ledger import CHANNEL

logger = logging.getLogger(__name__)

#: What is said within this time is told as one (seconds).
TOGETHER = 0.25
#: How many tellings are kept for those who come back.
KEPT = 1000
#: Between two attempts to reach the database (seconds).
AGAIN = 1.0


@dataclass
class Telling:
    """What happened since the telling before: which kinds of things, in which queues, to which jobs.

    `events` are the ledger's words (`enqueued`, `started`, `progress`, `settled`, `cancel`, ...), and `reset` where
    something may have been missed, so that everything is to be read again. Without jobs, all of the queues' may have
    changed.
    """

    events: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    jobs: set[int] = field(default_factory=set)

    def add(self, said: dict[str, Any]) -> None:
        """Take in one notification."""
        self.events.add(said["event"])
        self.queues.update(said["queues"])
        self.jobs.update(said["jobs"])

    def shown(self) -> dict[str, list[Any]]:
        """For the stream."""
        return {"events": sorted(self.events), "queues": sorted(self.queues), "jobs": sorted(self.jobs)}


class News:
    """One connection that listens, any number of readers that follow."""

    def __init__(self, engine: Engine) -> None:
        self._url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        # An id of an earlier life of this program must not be taken for one of this.
        self._life = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, Telling]] = deque(maxlen=KEPT)
        self._new = asyncio.Condition()

    @asynccontextmanager
    async def gathering(self) -> AsyncIterator[News]:
        """Listen for as long as this lasts."""
        listening = asyncio.create_task(self._listen())
        try:
            yield self
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def follow(self, last: str | None) -> AsyncIterator[tuple[str, Telling]]:
        """Every telling behind the one with the id `last`, as it comes; a `reset` first where that is not known."""
        seen = self._place(last)
        if seen is None:
            # What happens before anyone listens would be missed without a word.
            await self._behind(0)
            seen = self._number
            yield self._id(seen), Telling({"reset"})
        while True:
            for number, telling in await self._behind(seen):
                yield self._id(number), telling
                seen = number

    async def _behind(self, seen: int) -> list[tuple[int, Telling]]:
        async with self._new:
            await self._new.wait_for(lambda: self._number > seen)
        return [each for each in self._kept if each[0] > seen]

    def _id(self, number: int) -> str:
        return f"{self._life}-{number}"

    def _place(self, last: str | None) -> int | None:
        """The number behind which a reader goes on; None where tellings since then are no longer known."""
        life, _, number = (last or "").partition("-")
        if life != self._life or not number.isdecimal():
            return None
        oldest = self._kept[0][0] if self._kept else self._number + 1
        return int(number) if oldest - 1 <= int(number) <= self._number else None

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    await self._tell(Telling({"reset"}))
                    await self._gather(conn)
            except psycopg.Error as error:
                logger.warning("The ledger cannot be listened to, trying again: %s", str(error).splitlines()[0])
            await asyncio.sleep(AGAIN)

    async def _gather(self, conn: psycopg.AsyncConnection) -> None:
        while True:
            telling = Telling()
            async for first in conn.notifies(stop_after=1):
                telling.add(json.loads(first.payload))
            async for more in conn.notifies(timeout=TOGETHER):
                telling.add(json.loads(more.payload))
            await self._tell(telling)

    async def _tell(self, telling: Telling) -> None:
        async with self._new:
            self._number += 1
            self._kept.append((self._number, telling))
            self._new.notify_all()
