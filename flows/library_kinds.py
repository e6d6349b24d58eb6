"""The kinds of scans: which files each takes, and how rows are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from db import scan
from db.roots import Root
from flows.library_rows import FolderRows, VideoRows
from tasks.library import classify, wanted
from tasks.library.classify import Rejection
from tasks.library.describe import Refused
from tasks.library.wanted import Wanted


class Rows(Protocol):
    """Makes rows of the files of one watched folder."""

    def row(self, difference: scan.Difference) -> scan.Row:
        """All that is known of a file, in the database's spelling."""


@dataclass(frozen=True)
class Part:
    """One table that a scan fills: `rows` is given the watched folder's path and is told of sidecars not read."""

    files: scan.Files
    #: One such file, for people.
    noun: str
    rows: Callable[[str, Refused], Rows]


@dataclass(frozen=True)
class Kind:
    """What one queue's scans look for in a watched folder."""

    queue: str
    #: In the order in which they are written.
    parts: tuple[Part, ...]
    wanted: Callable[[Root], Wanted]
    #: Why a file that lies so many folders deep is left out.
    rejection: Callable[[Root, int], Rejection | None] = lambda _, __: None

    @property
    def calls_for(self) -> tuple[str, ...]:
        """The other queues that its files go through."""
        return tuple(queue for part in self.parts for queue in scan.queues(part.files) if queue != self.queue)


VIDEOS = Kind(
    queue="library-scan",
    parts=(Part(scan.VIDEOS, "video", VideoRows),),
    wanted=lambda _: wanted.VIDEOS,
    rejection=lambda root, depth: classify.rejection(depth, movies=root.scan_movies, series=root.scan_series),
)
PICTURES = Kind(
    queue="gallery-scan",
    parts=(Part(scan.IMAGES, "picture", FolderRows), Part(scan.ARCHIVES, "archive", FolderRows)),
    # A video beside pictures is a video; where no videos are looked for, it is a picture that moves.
    wanted=lambda root: wanted.PICTURES if root.scan_movies or root.scan_series else wanted.MOVING_PICTURES,
)
AUDIO = Kind(
    queue="audio-scan",
    parts=(Part(scan.TRACKS, "audio file", FolderRows),),
    wanted=lambda _: wanted.AUDIO,
)
