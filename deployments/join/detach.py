"""`darkroom work --detach`: the same in a process of its own that outlives the terminal, and whether there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable

from darkroom.settings import Settings, settings
from deployments.join.run import work
from deployments.up.background import Say, serve, start
from deployments.up.lock import HeldError, HomeLock


def detached(settings: Settings, say: Say) -> str:
    """Do this machine's share in the background; returns the worker's name once it works.

    Raises StartError when it does not come to that.
    """
    (name,) = start(settings, "deployments.join.detach", settings.logs / "work.log", say)
    return str(name)


def supervisor(settings: Settings) -> int | None:
    """The process that works with this home; None where there is none."""
    with HomeLock(settings.home) as lock:
        try:
            lock.take()
        except HeldError as held:
            return held.pid
    return None


def main(say: Say, ready: Callable[..., None]) -> None:
    """In that process."""
    work(settings(), say, ready)


if __name__ == "__main__":
    sys.exit(serve(main))
