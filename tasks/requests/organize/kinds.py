"""What is filed how, what becomes of it, and why nothing may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tasks.errors import PermanentError

#: A second name for the file of the download, a copy of it, all of its parts in one, or there already.
How = Literal["linked", "copied", "merged", "kept"]


class NoAudioError(PermanentError):
    """There is no audio file in the download."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """What is known of the book that the files hold."""

    title: str
    author: str
    narrator: str | None = None
    asin: str | None = None
    isbn: str | None = None
    series: str | None = None
    series_part: str | None = None
    year: int | None = None
    cover_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where books are filed and how, as a person has set it."""

    library: Path
    template: str = "{author}/{title} [{asin}]"
    hard_links: bool = True
    write_tags: bool = True
    merge_chapters: bool = False
    fetch_covers: bool = True


@dataclass(frozen=True)
class FiledFile:
    """One file in the library."""

    name: str
    how: How
    #: Bytes.
    size: int
    #: Whether tags were written into it.
    tagged: bool = False


@dataclass(frozen=True)
class Filed:
    """What was done."""

    folder: Path
    files: Sequence[FiledFile]
    #: The name of the cover, where there is one.
    cover: str | None
    warnings: Sequence[str] = ()

    def count(self, how: How) -> int:
        """How many files were treated so."""
        return sum(each.how == how for each in self.files)

    def said(self) -> Mapping[str, Any]:
        """As JSON has it."""
        files = [asdict(each) for each in self.files]
        return {"folder": str(self.folder), "files": files, "cover": self.cover, "warnings": list(self.warnings)}
