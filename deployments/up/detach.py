"""`darkroom up --detach`: the same in a process of its own that outlives the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict

from darkroom.settings import Settings, settings
from deployments.up.access import Keys
from deployments.up.background import Say, serve, start
from deployments.up.run import run


def detached(settings: Settings, say: Say) -> tuple[str, Keys | None]:
    """Start everything in the background; returns the page's address, and what the first start hands out, once
    everything answers.

    Raises StartError when it does not come to that.
    """
    url, keys = start(settings, "deployments.up.detach", settings.logs / "up.log", say)
    return str(url), Keys(**keys) if keys else None


def main(say: Say, ready: Callable[..., None]) -> None:
    """In that process."""

    def told(url: str, keys: Keys | None) -> None:
        print(url, flush=True)  # noqa: T201 - the log, which the keys are kept out of
        ready(url, keys and asdict(keys))

    run(settings(), say, told)


if __name__ == "__main__":
    sys.exit(serve(main))
