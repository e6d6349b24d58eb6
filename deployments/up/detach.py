"""`darkroom up --detach`: the same in a process of its own that outlives the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO

from darkroom.settings import Settings, settings
from deployments.errors import StartError
from deployments.up.access import Keys
from deployments.up.child import open_log, tail
from deployments.up.run import run
from deployments.warm.service import CODE


def detached(settings: Settings, say: Callable[[str], None]) -> tuple[str, Keys | None]:
    """Start everything in the background; returns the page's address, and what the first start hands out, once
    everything answers.

    Raises StartError when it does not come to that.
    """
    log = settings.logs / "up.log"
    reading, writing = os.pipe()
    with open_log(log) as output:
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "deployments.up.detach", str(writing)],
            env={**os.environ, "DARKROOM_HOME": str(settings.home.absolute())},
            cwd=CODE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[writing],
            start_new_session=True,
        )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as news:
        for kind, *words in map(json.loads, news):
            if kind == "ready":
                return str(words[0]), Keys(**words[1]) if words[1] else None
            if kind == "failed":
                raise StartError(*words)
            say(*words)
    raise StartError("Darkroom ended before it was ready", tail(log, 15))


def main() -> int:
    """In that process: run, and tell the one that waits how it goes, then the log."""
    waiting: list[IO[str]] = [os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")]

    def tell(*news: object) -> None:
        for listener in waiting:
            print(json.dumps(news), file=listener, flush=True)

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the log
        tell("say", line)

    def ready(url: str, keys: Keys | None) -> None:
        print(url, flush=True)  # noqa: T201 - the log, which the keys are kept out of
        tell("ready", url, keys and asdict(keys))
        waiting.pop().close()

    try:
        run(settings(), say, ready)
    except StartError as error:
        print(error, flush=True)  # noqa: T201 - the log
        tell("failed", error.sentence, error.details)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
