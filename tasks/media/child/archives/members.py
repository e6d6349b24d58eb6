"""What is in an archive: its entries, and which of them are pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, Protocol

from tasks.media.child.container import RefusalError

#: Entries of one archive; bytes of one member; bytes of a member's name, so that its path fits into an index.
MOST_ENTRIES = 10_000
LARGEST_MEMBER = 256 << 20
LONGEST_NAME = 1_000
#: From this size on, an archive that claims to hold so many times its own bytes is taken for a bomb.
BOMB_SIZE, BOMB_RATIO = 1 << 30, 200

PAGES = frozenset({"jpg", "jpeg", "png", "webp", "gif", "avif", "heic", "bmp", "tiff", "tif"})
COMIC_INFO = "comicinfo.xml"
ENCRYPTED = "This archive is encrypted; pack its pictures again without a password"
DRIVE = re.compile(r"[A-Za-z]:")


Kind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True)
class Entry:
    """One entry of an archive, as the archive describes it, which may be a lie."""

    name: str
    size: int
    #: Changes when the content does: the checksum in hexadecimal, or the time where the format has none.
    stamp: str
    kind: Kind
    encrypted: bool


class Archive(Protocol):
    """An open archive."""

    #: `zip`, `rar`, `7z` or `tar`.
    kind: str

    def entries(self) -> Iterator[Entry]:
        """All entries from the beginning, in the order in which they lie in the file; of one name only the first."""

    def read(self, name: str) -> BytesIO:
        """The content of the first entry of this name.

        Reading in the order of the entries is cheap in every format. Raises `RefusalError` when there is no such entry
        or it is larger than it may be.
        """

    def close(self) -> None:
        """Let go of the file."""


def left_out(entry: Entry) -> str | None:
    """Why an entry is no page; none: it is one."""
    parts = entry.name.replace("\\", "/").split("/")
    length = _length(entry.name)
    reasons = (
        ("unsafe name", length is None or ".." in parts or parts[0] == "" or DRIVE.match(entry.name)),
        ("link", entry.kind == "link"),
        ("special file", entry.kind == "other"),
        ("hidden", any(part.startswith(".") or part == "__MACOSX" for part in parts)),
        ("not a picture", parts[-1].rpartition(".")[2].lower() not in PAGES),
        ("long name", length is not None and length > LONGEST_NAME),
        ("larger than 256 MiB", entry.size > LARGEST_MEMBER),
    )
    return next((reason for reason, applies in reasons if applies), None)


def _length(name: str) -> int | None:
    """The bytes of a name; None where no file could have it."""
    try:
        return None if "\0" in name else len(name.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return None


def is_comic_info(entry: Entry) -> bool:
    """Whether this is the description that comic readers look for."""
    return entry.kind == "file" and entry.name.replace("\\", "/").rpartition("/")[2].lower() == COMIC_INFO


def no_such_member(name: str) -> RefusalError:
    """What is said of a page that was there when the archive was listed."""
    shown = name.encode("utf-8", "replace").decode()
    return RefusalError(f"{shown!r} is not in the archive any more; scan the galleries again")


class Bounded(BytesIO):
    """The content of one member, as long as it is no larger than a member may be, whatever the archive claims."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Add to it. Raises `RefusalError` when it is too much."""
        if self.tell() + len(data) > LARGEST_MEMBER:
            raise RefusalError(f"This member is larger than {LARGEST_MEMBER >> 20} MiB")
        return super().write(data)
