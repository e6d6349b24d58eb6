"""A tighter limit of memory for a part of the work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

if sys.platform == "linux":
    import resource


@contextmanager
def bounded(more: int) -> Iterator[None]:
    """Inside, at most so many bytes may be added to what the process has; beyond them `MemoryError` is raised.

    For libraries that believe what a file says of its own size. Only on Linux.
    """
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = psutil.Process().memory_info().vms + more
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
