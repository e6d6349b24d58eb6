"""Whether a new release in a feed is a reason to search for a book now. The search decides; this only hints."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.requests.authors import ROLES
from tasks.requests.title_match import stop_words
from tasks.requests.words import read

#: Words of so few letters say nothing.
SHORT = 2
#: Of the title's first words so many are looked at, and so many must be there.
LOOKED_AT, NEEDED = 3, 2


@dataclass(frozen=True)
class Hint:
    """By which words a book is noticed in a feed. Make one for each book, then ask it about each release."""

    authors: frozenset[str]
    title: tuple[str, ...]
    #: Of `title`, so many; a short title has fewer.
    needed: int

    @classmethod
    def of(cls, title: str, author: str) -> Hint:
        """Words of the author, any of which will do, and the first three of the title that say something."""
        words = _telling(read(title).words)[:LOOKED_AT]
        return cls(frozenset(_telling(read(author).words)) - ROLES, words, min(NEEDED, len(words)))

    def fits(self, release: str) -> bool:
        """Whether a release of this title may be the book."""
        present = set(read(release).words)
        named = not self.authors.isdisjoint(present)
        return named and self.needed > 0 and sum(word in present for word in self.title) >= self.needed


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that tell one name from another, each once; all of them where none does, as in `It`."""
    once = tuple(dict.fromkeys(words))
    return tuple(word for word in once if len(word) > SHORT and word not in stop_words("en")) or once
