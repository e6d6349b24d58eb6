"""Tags of the files in the library: what is known of the book, where the file does not say so already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.errors import PermanentError
from tasks.media.limits import Limits
from tasks.media.tools import MediaTools
from tasks.requests.organize.kinds import Book

#: Making room for tags at its beginning moves all of a file.
LIMITS = Limits(wall=900, silence=900, cpu=300)


def wanted(book: Book, *, alone: bool) -> dict[str, str]:
    """What the tags are to say, by field; the title of a file only where the file is the whole book."""
    fields: Mapping[str, object] = {
        "title": book.title if alone else None,
        "album": book.title,
        "artists": book.author,
        "album_artists": book.author,
        "composers": book.narrator,
        "narrators": book.narrator,
        "date": book.year,
        "series": book.series,
        "series_part": book.series_part,
        "asin": book.asin,
        "isbn": book.isbn,
    }
    return {field: " ".join(str(value).split()) for field, value in fields.items() if value}


def lacks(tools: MediaTools, path: Path, fields: Mapping[str, str]) -> bool:
    """Whether the tags of a file do not say all of this.

    Raises:
        PermanentError: they cannot be read, or are none that are written here; so with `write`.
    """
    return bool(tools.ask("retag", path, LIMITS, wanted=dict(fields), write=False)["changed"])


def write(tools: MediaTools, path: Path, fields: Mapping[str, str]) -> None:
    """Have the tags say all of this."""
    tools.ask("retag", path, LIMITS, wanted=dict(fields), write=True)


def refusal(name: str, error: PermanentError) -> str:
    """Why a file keeps the tags that it has, in a sentence."""
    return f"{name} keeps its tags: {error}"
