"""Stops what a supervisor started when the supervisor is killed.

It waits for the end of its standard input, whose other end only the supervisor holds. It imports nothing of
weight before that, for it lives as long as the system.
"""

from __future__ import annotations

import sys
from contextlib import suppress


def main() -> None:
    """Wait, then tidy up, unless the supervisor ended in order or a new one has taken over: both hold the lock."""
    sys.stdin.read()

    from darkroom.settings import settings
    from deployments.up.leftovers import stop_leftovers
    from deployments.up.lock import HeldError, HomeLock

    with HomeLock(settings().home) as lock, suppress(HeldError):
        lock.take()
        lock.note(stopping=True)
        stop_leftovers(settings())
        (settings().run / "darkroom.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
