"""What is in an archive of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.media.limits import MIB, Limits
from tasks.media.oshash import oshash
from tasks.media.source import reading
from tasks.media.tools import MediaTools

#: Bytes a second, at least, at which an archive is gone through to its end.
SLOWEST_READ = 4 * MIB


@dataclass(frozen=True)
class Page:
    """A picture in an archive."""

    #: Its path inside, as the archive spells it; bytes that are no text as surrogates.
    name: str
    #: Bytes, unpacked, as the archive claims.
    size: int
    #: Changes when the content does.
    checksum: str


@dataclass(frozen=True)
class ComicInfo:
    """What an archive's ComicInfo.xml says."""

    title: str | None
    series: str | None
    number: str | None
    summary: str | None
    publisher: str | None
    tags: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class ArchiveList:
    """The pages of an archive, in the order in which they are read most cheaply."""

    format: str
    pages: tuple[Page, ...]
    #: How many of its files are no pages, by the reason.
    left_out: dict[str, int]
    comic: ComicInfo | None
    #: By which the archive is known again under another name.
    oshash: str


def list_archive(tools: MediaTools, path: Path) -> ArchiveList:
    """List a zip, RAR, 7z or tar archive, whatever it is named.

    Raises `PermanentError` in the reader's words for one that cannot be read, or holds more than an archive of pictures
    does; `TransientError`, `CancelledError`.
    """
    with reading(path) as status:
        cpu = 60 + status.st_size / SLOWEST_READ
        limits = Limits(wall=60 + 4 * cpu, silence=60 + cpu, cpu=cpu)
        found: dict[str, Any] = tools.ask("archive", path, limits, tools.control.progress)
        with path.open("rb", buffering=0) as file:
            short = oshash(file, status.st_size)
    comic = found["comic"]
    return ArchiveList(
        format=found["format"],
        pages=tuple(Page(*page) for page in found["pages"]),
        left_out=found["left_out"],
        oshash=short,
        comic=comic and ComicInfo(**{**comic, "tags": tuple(comic["tags"]), "people": tuple(comic["people"])}),
    )
