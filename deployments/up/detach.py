"""`darkroom up --detach`: the same in a process of its own that outlives the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import IO

from darkroom.settings import Settings, settings
from deployments.errors import StartError
from deployments.up.child import open_log, tail
from deployments.up.run import run
from deployments.warm.service import CODE


def detached(settings: Settings, say: Callable[[str], None]) -> str:
    """Start everything in the background; returns the page's address once everything answers.

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
                return str(words[0])
            if kind == "failed":
                raise StartError(*words)
            say(*words)
    raise StartError("Darkroom ended before it was ready", tail(log, 15))


def main() -> int:
    """In that process: run, and tell the one that waits how it goes, then the log."""
    waiting: list[IO[str]] = [os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")]

    def tell(kind: str, *words: str) -> None:
        print(*words, flush=True)  # noqa: T201 - the log
        for listener in waiting:
            print(json.dumps([kind, *words]), file=listener, flush=True)

    def ready(url: str) -> None:
        tell("ready", url)
        waiting.pop().close()

    try:
        run(settings(), lambda line: tell("say", line), ready)
    except StartError as error:
        tell("failed", error.sentence, error.details)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
