"""What the media child has used for one request."""

from __future__ import annotations

import os
import resource
from typing import Any


class Meter:
    """Counts from `begin` on. The peak of memory begins anew where the system lets a process say so (proc(5))."""

    def __init__(self) -> None:
        self._status = _open("/proc/self/status", os.O_RDONLY)
        self._refs = _open("/proc/self/clear_refs", os.O_WRONLY)
        self._cpu = 0.0

    def begin(self) -> None:
        """From now on."""
        if self._refs is not None:
            os.pwrite(self._refs, b"5", 0)
        self._cpu = _cpu()

    def used(self) -> dict[str, Any]:
        """CPU seconds since, and bytes of resident memory at most."""
        return {"cpu": round(_cpu() - self._cpu, 4), "memory": self._peak()}

    def _peak(self) -> int | None:
        status = b"" if self._status is None else os.pread(self._status, 4096, 0)
        _, _, rest = status.partition(b"VmHWM:")
        return int(rest.partition(b"kB")[0]) * 1024 if rest else None


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _open(path: str, how: int) -> int | None:
    try:
        return os.open(path, how | os.O_CLOEXEC)
    except OSError:
        return None
