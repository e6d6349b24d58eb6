"""What a supervisor that was killed left running."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil

from darkroom.settings import Settings
from deployments.postgres.cluster import Cluster
from deployments.prefect_env import MARK

#: How long they may take to end when asked to, seconds.
PATIENCE = 10


def stop_leftovers(settings: Settings) -> None:
    """Stop all that runs for this home, the database last; call it only while holding the home's lock."""
    sweep(settings.home)
    if settings.database_url is None and (settings.home / "postgres").exists():
        Cluster(settings.home).stop_leftover()


def sweep(home: Path) -> None:
    """Stop every process that belongs to this home but the database.

    They are known by the mark in their environment, which what they start inherits: no list that could be
    incomplete, and no process id that could be somebody else's by now.
    """
    left = marked(home)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, PATIENCE)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def marked(home: Path) -> list[psutil.Process]:
    """Every live process with this home's mark, but for this one and those it was started by."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in ours and _mark(process) == str(home.absolute())
    ]


def _mark(process: psutil.Process) -> str | None:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK)
    return None
