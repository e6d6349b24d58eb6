"""The caller's end of the media child."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tasks.control import Control, Usage
from tasks.errors import PermanentError, TransientError
from tasks.media import limits as resources
from tasks.media import verdict
from tasks.media.forks import FORKS
from tasks.media.limits import GIB, Limits
from tasks.media.process import OverrunError, Process

#: What it is called where it ends badly.
NAME = "The media reader"
#: Libraries leak; a fresh process is cheap once in so many requests.
SERVES = 500
#: Of the process itself; each request brings its own limits of time.
LIFE = Limits(wall=float("inf"), silence=float("inf"), cpu=60, memory=4 * GIB, file_size=GIB // 2)
#: The same for one that writes into whole books.
LIFE_WITH_BOOKS = replace(LIFE, file_size=64 * GIB)

Progress = Callable[[float], None]


class MediaChild:
    """A process that has imported PyAV and serves one request at a time. Started on first use, replaced when needed."""

    def __init__(self, *, nice: bool, serves: int = SERVES, life: Limits = LIFE) -> None:
        self._nice, self._life = nice, life
        self._serves = serves
        self._served = 0
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while there is one."""
        return self._process.pid if self._process else None

    def ask(self, kernel: str, request: dict[str, Any], limits: Limits, control: Control, progress: Progress) -> Any:
        """Have one kernel of `tasks.media.child` do its work, and return what it says.

        Raises `PermanentError` or `TransientError` in the words of the libraries, and `CancelledError`; whenever the
        process overran, crashed or was killed it is gone by then, and the next request gets a new one.
        """
        process, before = self._ready(kernel), 0.0
        self._served += 1
        try:
            with control.on_cancel(process.kill):
                control.check()
                before = resources.allow_cpu(process.pid, limits.cpu)
                reply = _converse(process, {"kernel": kernel, **request}, limits, progress)
        except BaseException:
            control.used(process.usage(NAME, since=before))
            self.close()
            control.check()
            raise
        control.used(Usage(**reply["used"]))
        return _result(reply)

    def _ready(self, kernel: str) -> Process:
        if self._process and (self._served >= self._serves or not self._process.alive):
            self.close()
        if not self._process:
            self._process, self._served = Process(FORKS.fork(kernel), self._life, nice=self._nice), 0
        return self._process

    def close(self) -> None:
        """End the process, if there is one. The next request starts another."""
        if self._process:
            self._process.end()
            self._process = None


def _converse(process: Process, request: dict[str, Any], limits: Limits, progress: Progress) -> dict[str, Any]:
    process.send(json.dumps(request).encode() + b"\n")
    try:
        for line in process.lines(limits):
            reply: dict[str, Any] = json.loads(line)
            if "progress" not in reply:
                return reply
            process.touch()
            progress(reply["progress"])
    except OverrunError as overrun:
        raise TransientError(f"Reading the file {overrun}") from overrun
    raise verdict.of_exit(NAME, process.wait(1), process.words)


def _result(reply: dict[str, Any]) -> Any:
    if "result" in reply:
        return reply["result"]
    error = reply["error"]
    if error["kind"] == "bug":
        raise RuntimeError(error["words"])
    if error["kind"] == "memory":
        raise PermanentError(error["words"])
    raise verdict.of_child_error(error["errno"], error["words"])
