"""What an earlier PostgreSQL left behind: processes that still work on a data folder, a process id that is stale."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

#: How PostgreSQL's main process calls itself; its backends have the same name on Linux.
NAMES = ("postgres", "postmaster")


def servers(data: Path) -> list[psutil.Process]:
    """Every live process of a PostgreSQL that works on this data, the oldest first.

    They are known by their folder, not by `postmaster.pid`: after a crash its number may be anybody's, and
    backends that outlive a killed server still hold the data.
    """
    return sorted((process for process in psutil.process_iter() if _works_on(process, data)), key=_age)


def postmaster(data: Path, among: list[psutil.Process]) -> list[psutil.Process]:
    """Of these processes the main one, which ends the others; empty where it is gone."""
    return [process for process in among if process.pid == recorded_pid(data)]


def recorded_pid(data: Path) -> int | None:
    """The process id in `postmaster.pid`, if there is one."""
    try:
        return int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def drop_stale(data: Path, socket: Path) -> None:
    """Remove what names a process that is not there: its number may be another program's now, taken for PostgreSQL.

    Call it only where `servers` found none. A `postmaster.pid` whose number nobody has is left to PostgreSQL, which
    then also looks after the shared memory that the file names.
    """
    pid = recorded_pid(data)
    if pid is not None and psutil.pid_exists(pid):
        (data / "postmaster.pid").unlink()
    for left in socket.glob(".s.PGSQL.*"):
        left.unlink()


def _works_on(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() in NAMES and process.cwd() == str(data) and process.status() != psutil.STATUS_ZOMBIE
    return False


def _age(process: psutil.Process) -> tuple[float, int]:
    with suppress(psutil.Error):
        return process.create_time(), process.pid
    return 0.0, process.pid
