"""A supervisor in a process of its own that outlives the terminal: heard until it works, and then left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from darkroom.settings import Settings
from deployments.errors import StartError
from deployments.up.child import open_log, tail
from deployments.warm.service import CODE

Say = Callable[[str], None]


def start(settings: Settings, module: str, log: Path, say: Say) -> list[Any]:
    """Run a module that calls `serve` in the background; returns what it hands over once it works.

    Raises StartError when it does not come to that.
    """
    reading, writing = os.pipe()
    with open_log(log) as output:
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, str(writing)],
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
        kind: str
        words: list[Any]
        for kind, *words in map(json.loads, news):
            if kind == "ready":
                return words
            if kind == "failed":
                raise StartError(*words)
            say(*words)
    raise StartError("Darkroom ended before it was ready", tail(log, 15))


def serve(run: Callable[[Say, Callable[..., None]], None]) -> int:
    """In that process: run, and tell the one that waits how it goes, then the log. Returns the process's exit code.

    `run` gets what says a line, and what says that it works, with all that is to be handed over.
    """
    waiting: list[IO[str]] = [os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")]

    def tell(*news: object) -> None:
        for listener in waiting:
            print(json.dumps(news), file=listener, flush=True)

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the log
        tell("say", line)

    def ready(*words: object) -> None:
        tell("ready", *words)
        waiting.pop().close()

    try:
        run(say, ready)
    except StartError as error:
        print(error, flush=True)  # noqa: T201 - the log
        tell("failed", error.sentence, error.details)
        return 1
    return 0
