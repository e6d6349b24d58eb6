"""One supervisor to a home: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any, Self

from deployments.errors import StartError

#: How long a supervisor may take to stop everything, seconds.
PATIENCE = 60


class HeldError(StartError):
    """Another process runs this home; `pid` is its process id, 0 where it has not said."""

    def __init__(self, home: Path, pid: int) -> None:
        super().__init__(f"Darkroom is already running on {home} (process {pid}): darkroom down stops it.")
        self.pid = pid


class HomeLock:
    """The lock of a home, `run/darkroom.lock`, let go at the end of the `with` block or of the process.

    What the file says is for those who find it held.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        path = home / "run" / "darkroom.lock"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def take(self, *, patience: float = 0) -> None:
        """Take it; a holder that is stopping is waited for, up to `patience` seconds.

        Raises HeldError when another process keeps it.
        """
        deadline = time.monotonic() + patience
        while not self._take():
            holder = self._holder()
            if not holder.get("stopping") or time.monotonic() > deadline:
                raise HeldError(self.home, int(holder.get("pid", 0)))
            time.sleep(0.05)
        self.note(stopping=False)

    def note(self, *, stopping: bool) -> None:
        """Say who holds it and whether that is about to end."""
        text = json.dumps({"pid": os.getpid(), "stopping": stopping}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> dict[str, Any]:
        try:
            return dict(json.loads(os.pread(self._file, 1000, 0)))
        except ValueError:
            return {}
