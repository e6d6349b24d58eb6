"""Runs of ffmpeg: whatever encodes, or copies streams out.

ffmpeg-python compiles the arguments; its own `run` knows no time limit, no cancel and no resource limits.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg
import psutil

from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.media import formats, verdict
from tasks.media.limits import Limits
from tasks.media.process import OverrunError, Process
from tasks.media.started import Program

GLOBAL = (
    *("-nostdin", "-hide_banner", "-v", "error", "-nostats", "-y"),
    *("-progress", "pipe:1", "-stats_period", "0.5"),
    *("-filter_threads", "1", "-filter_complex_threads", "1"),
)
#: ffmpeg's exit code after SIGINT, SIGTERM and SIGXCPU alike.
TOLD_TO_STOP = 255


@dataclass(frozen=True)
class Step:
    """One report of a run: output so far in seconds and pictures, bytes read, CPU seconds (no sign of progress)."""

    seconds: float = 0
    frames: int = 0
    bytes_read: int = 0
    cpu: float = field(default=0, compare=False)


@dataclass(frozen=True)
class Run:
    """How a run ended: pictures of output, and what it said (warnings of a run that went well)."""

    frames: int
    words: str


@cache
def executable() -> str:
    """The ffmpeg program: the one in the imageio-ffmpeg wheel starts in 14 ms, a distribution's in 100 ms."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        found = shutil.which("ffmpeg")
    if not found:
        raise PermanentError("ffmpeg is missing: install it with `apt-get install ffmpeg`")
    return found


def source(path: Path, **options: Any) -> Any:
    """An input of ffmpeg, opened with one thread, as one of the accepted containers and from a file only."""
    return ffmpeg.input(spelled(formats.url(path)), threads=1, **formats.OPEN_OPTIONS, **options)


def spelled(path: Path | str) -> str:
    """A path for ffmpeg-python, which takes valid text only: its bytes as Latin-1, turned back by `run`."""
    return os.fsencode(path).decode("latin-1")


def run(
    outputs: Any,
    limits: Limits,
    control: Control,
    *,
    nice: bool,
    step: Callable[[Step], None],
    folder: Path | None = None,
) -> Run:
    """Run ffmpeg for these outputs of ffmpeg-python, whose names are relative to `folder` where it is given.

    Raises `PermanentError` or `TransientError` with ffmpeg's standard error verbatim, `CancelledError` with the process
    gone. A run that ends well may still be short of what was wanted: compare `Run.frames`.
    """
    arguments = [argument.encode("latin-1") for argument in ffmpeg.get_args(outputs)]
    with Process(Program([executable(), *GLOBAL, *arguments], folder), limits, nice=nice) as process:
        try:
            with control.on_cancel(process.kill):
                control.check()
                last = _follow(process, limits, step)
                code = process.wait(5)
        except OverrunError as overrun:
            raise TransientError(f"ffmpeg {overrun}: {process.words}".removesuffix(": ")) from overrun
        finally:
            control.used(process.usage("ffmpeg"))
    control.check()
    if code == TOLD_TO_STOP:
        code = -(signal.SIGXCPU if last.cpu > limits.cpu - 1 else signal.SIGTERM)
    if code != 0:
        raise verdict.of_exit("ffmpeg", code, process.words)
    return Run(last.frames, process.words)


def _follow(process: Process, limits: Limits, step: Callable[[Step], None]) -> Step:
    """Read the reports of `-progress`. Only a change is a sign of progress: ffmpeg reports while it is stuck, too."""
    before = latest = Step()
    for line in process.lines(limits):
        key, _, value = line.decode(errors="replace").partition("=")
        if key == "out_time_us" and value.strip().lstrip("-").isdigit():
            latest = replace(latest, seconds=max(0, int(value)) / 1e6)
        elif key == "frame" and value.strip().isdigit():
            latest = replace(latest, frames=int(value))
        elif key == "progress":
            latest = replace(
                latest, bytes_read=_bytes_read(process.pid) or latest.bytes_read, cpu=process.measure().cpu
            )
            if latest != before:
                process.touch()
            step(latest)
            before = latest
    return latest


def _bytes_read(pid: int) -> int:
    """What the process has read, from whatever cache; nothing where the system does not say."""
    try:
        return int(psutil.Process(pid).io_counters().read_chars)
    except (psutil.Error, AttributeError):
        return 0


def quiet(argv: Sequence[str], limits: Limits, control: Control) -> tuple[int, str, str]:
    """Run another program of ffmpeg's to its end: its exit code, standard output and standard error."""
    with Process(Program(argv), limits, nice=False) as process:
        try:
            with control.on_cancel(process.kill):
                control.check()
                said = b"\n".join(process.lines(limits))
                code = process.wait(5)
        except OverrunError as overrun:
            return -1, "", f"{argv[0]} {overrun}"
        finally:
            control.used(process.usage(Path(argv[0]).name))
    control.check()
    return code, said.decode(errors="replace"), process.words
