"""Where a book would be put, for a person who writes a template of folders."""

from __future__ import annotations

from pathlib import PurePosixPath

from tasks.requests.organize.kinds import Book
from tasks.requests.organize.naming import folders

BOOK = Book(
    title="Dune Messiah",
    author="Frank Herbert",
    narrator="Scott Brick",
    asin="B002V1OEYG",
    isbn="9780593098233",
    series="Dune",
    series_part="2",
    year=1969,
)


def example(template: str, library: str | None) -> str:
    """The folder of a book that everything is known of.

    Raises:
        ValueError: the template is none; half a sentence says why.
    """
    return str(PurePosixPath(library or "", *folders(template, BOOK)))
