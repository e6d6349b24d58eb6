"""What a download client is asked, and what it answers, whichever program it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tasks.errors import TransientError
from tasks.requests.path_mapping import PathMapping

Kind = Literal["qbittorrent", "transmission", "nzbget", "sabnzbd"]

#: What each program downloads.
PROTOCOLS: dict[Kind, Literal["torrent", "usenet"]] = {
    "qbittorrent": "torrent",
    "transmission": "torrent",
    "nzbget": "usenet",
    "sabnzbd": "usenet",
}

#: `seeding` and `completed` have all their files, `completed` without giving them to others any more;
#: `missing` is unknown to the client. Checking, verifying, repairing and unpacking count as `downloading`.
State = Literal["queued", "downloading", "stalled", "paused", "seeding", "completed", "error", "missing"]


class DownloadNotFoundError(TransientError):
    """The client does not know this download: not yet, or not any more."""


@dataclass(frozen=True)
class ClientSettings:
    """How a download client is reached."""

    kind: Kind
    #: http or https, with the path where a proxy wants one.
    url: str
    username: str = ""
    #: The password; for SABnzbd, the API key.
    password: str = field(default="", repr=False)
    #: Folders that the client calls something else than this machine.
    mappings: tuple[PathMapping, ...] = ()


@dataclass(frozen=True)
class Grab:
    """A release to be downloaded: the bytes of its .torrent or .nzb file, or a magnet link."""

    name: str
    content: bytes | None = field(default=None, repr=False)
    magnet: str | None = field(default=None, repr=False)
    category: str | None = None
    #: The folder as the client sees it; without one, the client's own setting for the category holds. Of usenet's
    #: clients, that always does.
    save_path: str | None = None


@dataclass(frozen=True)
class Status:
    """How a download is doing. Sizes in bytes, speed in bytes per second; what is not known is None."""

    state: State
    name: str = ""
    #: 0.0 to 1.0.
    progress: float = 0.0
    size: int | None = None
    downloaded: int | None = None
    speed: int = 0
    #: Seconds.
    eta: int | None = None
    #: The file or the folder of the download, as this machine sees it.
    path: Path | None = None
    #: Its files, where `path` is a folder in which others lie too. Empty means: all of `path`.
    files: tuple[Path, ...] = ()
    #: False while finished files are still on their way from the folder for unfinished ones.
    settled: bool = True
    category: str | None = None
    #: Bytes given to others for each byte taken; usenet has none.
    ratio: float | None = None
    seeding_seconds: int | None = None
    #: What is wrong, where something is, in the client's words or in a sentence that says what to do.
    error: str | None = None

    @property
    def finished(self) -> bool:
        """Whether all of it is there, where it will stay."""
        return self.state in ("seeding", "completed") and self.settled


MISSING = Status("missing")


class DownloadClient(Protocol):
    """A program that downloads.

    Every method raises:
        TransientError: the program is away or busy; asking again later may help.
        PermanentError: a setting or the release is wrong; the message says what to do. It never holds a password.
    """

    def test(self) -> str:
        """The program's version, by which it is known that address and password are right."""

    def add(self, grab: Grab) -> str:
        """Start a download; returns its id. What the client has already is left as it is: twice is once."""

    def statuses(self, ids: Collection[str]) -> dict[str, Status]:
        """How these downloads are doing, all in one question; `MISSING` for those the client does not know."""

    def remove(self, id: str, *, delete_files: bool) -> None:
        """Forget a download, with its files where wanted. One that is not there is removed already.

        Usenet's clients leave the files of what is finished where they are: `Status.path` said where.
        """

    def set_category(self, id: str, category: str) -> None:
        """File a download under another category; its files stay where they are.

        Raises:
            DownloadNotFoundError: the client does not know it.
        """
