"""Hears at once when a process of this machine ends that works a queue off: what it held waits for no look."""

from __future__ import annotations

import asyncio
import logging
import os

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db import ledger
from ops_api.news import News

logger = logging.getLogger(__name__)

#: What is said when a flow begins, and where that may have been missed.
BEGAN = {"works", "reset"}


async def hear(engine: Engine, news: News, died: asyncio.Event) -> None:
    """Set `died` whenever one has ended, however it did, as long as this lasts."""
    watched: dict[int, int] = {}
    loop = asyncio.get_running_loop()

    def ended(pid: int) -> None:
        _forget(loop, watched.pop(pid))
        died.set()

    try:
        async for _, telling in news.follow(None):
            if not telling.events & BEGAN:
                continue
            for pid in await asyncio.to_thread(_working, engine) - watched.keys():
                try:
                    watched[pid] = os.pidfd_open(pid)
                    loop.add_reader(watched[pid], ended, pid)
                except OSError:
                    died.set()
    finally:
        for descriptor in watched.values():
            _forget(loop, descriptor)


def _working(engine: Engine) -> set[int]:
    try:
        with engine.connect() as conn:
            return ledger.working_here(conn)
    except SQLAlchemyError as error:
        logger.warning("Which flows are at work here is asked again when the next begins: %s", error)
        return set()


def _forget(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    """See pidfd_open(2): readable once the process has ended."""
    loop.remove_reader(descriptor)
    os.close(descriptor)
