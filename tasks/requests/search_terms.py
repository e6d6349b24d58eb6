"""What indexers are asked for a book."""

from __future__ import annotations

from tasks.requests.authors import first_author
from tasks.requests.title_match import required_part
from tasks.requests.words import read


def search_terms(title: str, author: str, custom: str | None = None) -> tuple[str, ...]:
    """The title with its first author, then the title alone; what a person wants asked instead takes its place.

    Sites want every word that they are asked for: what stands in brackets, the subtitle and all further authors would
    keep them from finding what is named without.
    """
    words = " ".join((custom or "").split()) or " ".join(required_part(read(title).raw).split())
    return tuple(dict.fromkeys(filter(None, (f"{words} {first_author(author)}".strip(), words))))
