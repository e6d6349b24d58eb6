"""What a kernel works with: the media child, ffmpeg, and the line to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tasks.control import Control, NoControl
from tasks.errors import PermanentError
from tasks.media import formats, runner
from tasks.media.limits import Limits
from tasks.media.media_child import LIFE, SERVES, MediaChild
from tasks.media.second_opinion import second_opinion


class MediaTools:
    """The tools of one slot. They live as long as the slot; `control` is set anew for each job."""

    def __init__(
        self, control: Control | None = None, *, nice: bool = True, serves: int = SERVES, life: Limits = LIFE
    ) -> None:
        self.control: Control = control or NoControl()
        self.nice = nice
        self.child = MediaChild(nice=nice, serves=serves, life=life)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the media child. The tools may be used again; that starts another."""
        self.child.close()

    def ask(
        self, kernel: str, path: Path, limits: Limits, progress: Callable[[float], None] | None = None, **wanted: Any
    ) -> Any:
        """Have the media child do one kernel's work on `path`; see `MediaChild.ask`."""
        request = {"path": str(path.absolute()), "url": formats.url(path), **wanted}
        return self.child.ask(kernel, request, limits, self.control, progress or ignore)

    def ask_of_video(
        self, kernel: str, path: Path, limits: Limits, progress: Callable[[float], None] | None = None, **wanted: Any
    ) -> Any:
        """The same for a video: where the media child refuses it, ffprobe, if installed, gives a second opinion."""
        with self._doubting(path, formats.OPEN_OPTIONS):
            return self.ask(kernel, path, limits, progress, **wanted)

    def ask_of_audio(
        self, kernel: str, path: Path, limits: Limits, progress: Callable[[float], None] | None = None, **wanted: Any
    ) -> Any:
        """The same for an audio file."""
        with self._doubting(path, formats.AUDIO_OPTIONS):
            return self.ask(kernel, path, limits, progress, **wanted)

    @contextmanager
    def _doubting(self, path: Path, options: Mapping[str, str]) -> Iterator[None]:
        try:
            yield
        except PermanentError as refusal:
            raise second_opinion(path, refusal, options, self.control) from refusal

    def ffmpeg(
        self,
        outputs: Any,
        limits: Limits,
        step: Callable[[runner.Step], None] | None = None,
        folder: Path | None = None,
    ) -> runner.Run:
        """Run ffmpeg; see `runner.run`."""
        return runner.run(outputs, limits, self.control, nice=self.nice, step=step or ignore, folder=folder)


def ignore(_: object) -> None:
    """For progress that nobody wants."""


def part(progress: Callable[[float], None], start: float, end: float) -> Callable[[float], None]:
    """The progress of a part of the work, from 0 to 1, as progress of the whole, from `start` to `end`."""
    return lambda fraction: progress(start + (end - start) * min(1.0, max(0.0, fraction)))
