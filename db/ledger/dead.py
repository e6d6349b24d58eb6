"""What processes of this machine held that no longer exist: given back at once, without waiting for their leases.

A lease that nobody renews ends by itself within half a minute. Where the process can be seen to be gone, that wait is
needless: after a crash or a restart the work goes on at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import uuid
from functools import cache
from pathlib import Path

import psutil
from sqlalchemy import Connection, text

from darkroom.settings import settings

_OWNERS = text(
    "SELECT DISTINCT lease_owner FROM job_runs WHERE lease_owner IS NOT NULL AND starts_with(lease_owner, :place)"
)
_EXPIRE = text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second' WHERE lease_owner = ANY(:owners)")
_FLOWS = text(
    "SELECT flow_run_id, pid FROM queue_flows WHERE host = :place AND pid IS NOT NULL AND expires_at >= now()"
)
# They stay for a while: whether Prefect says that such a run was cancelled is asked later.
_SILENCE = text(
    """
    UPDATE queue_flows SET expires_at = now() - interval '1 second' WHERE flow_run_id = ANY(CAST(:flows AS uuid[]))
    """
)


@cache
def place() -> str:
    """Where a process id means the same process: this host, since it was booted, in this namespace of processes.

    Two homes on one host are two places, as two machines are: each has a worker of its own.
    """
    home = hashlib.sha256(os.fsencode(settings().home.absolute())).hexdigest()
    marks = [socket.gethostname(), home[:8]]
    with contextlib.suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        marks.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return "/".join(marks)


def new_owner() -> str:
    """A name for one claim by this process."""
    return f"{place()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def working_here(conn: Connection) -> set[int]:
    """The ids of the processes of this machine that say that they work a queue off."""
    return {pid for _, pid in conn.execute(_FLOWS, {"place": place()})}


def bury(conn: Connection) -> int:
    """End the leases and the signs of life of processes of this machine that are gone; returns how many leases.

    `rescue` then gives the rows back.
    """
    owners = [owner for owner in conn.execute(_OWNERS, {"place": f"{place()}:"}).scalars() if _gone(_pid(owner))]
    if owners:
        conn.execute(_EXPIRE, {"owners": owners})
    flows = [flow for flow, pid in conn.execute(_FLOWS, {"place": place()}).all() if _gone(pid)]
    if flows:
        conn.execute(_SILENCE, {"flows": flows})
    return len(owners)


def _pid(owner: str) -> int:
    return int(owner.rsplit(":", 2)[1])


def _gone(pid: int) -> bool:
    """Whether it has ended; one that its parent has not yet asked about has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
