"""The people who wrote a book: taken from a line of names, and found in the name of a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tasks.requests.words import Text, dice, read

#: From here on two spellings are one name.
SAME_NAME = 0.85
#: First and last name are one person's no further apart (characters).
NAME_REACH = 30

#: What somebody did who is named among the authors; the word is no name.
ROLES = frozenset({"translator", "narrator", "editor", "illustrator", "contributor", "foreword", "afterword"}) | {
    "introduction",
    "introductions",
    "adaptation",
}

_BETWEEN_AUTHORS = re.compile(r"[,;&]|\band\b|\s[-–—]\s", re.IGNORECASE)
_ROLE = re.compile(rf"[(\[]?\b(?:{'|'.join(sorted(ROLES))})\b[)\]]?", re.IGNORECASE)


def authors_of(names: str) -> tuple[str, ...]:
    """The people in a line of authors, each in plain words; two letters are no name."""
    return tuple(dict.fromkeys(read(name).plain for name in _named(names)))


def first_author(names: str) -> str:
    """The first of a line of authors, as it is written; nothing where there is none."""
    return next(_named(names), "")


def is_named(author: str, text: Text) -> bool:
    """Whether an author's name is in a text: as it is, nearly so, or first and last name near one another."""
    if re.search(rf"(?<!\S){re.escape(author)}s?(?!\S)", text.plain):
        return True
    names = author.split()
    return _nearly_named(author, len(names), text.words) or _near(names[0], names[-1], text.plain)


def starts_with(author: str, words: Sequence[str]) -> bool:
    """Whether an author's name comes next, whichever of its names is first."""
    names = author.split()
    next_ones = words[: len(names)]
    return sorted(next_ones) == sorted(names) or dice(author, " ".join(next_ones)) >= SAME_NAME


def _nearly_named(author: str, length: int, words: Sequence[str]) -> bool:
    """Whether some words in a row are nearly the author's name; `J.R.R.` may be one word or three."""
    return any(
        dice(author, " ".join(words[start : start + size])) >= SAME_NAME
        for size in range(max(1, length - 2), length + 2)
        for start in range(len(words) - size + 1)
    )


def _near(first: str, last: str, plain: str) -> bool:
    if first == last:
        return False
    places = [[at.start() for at in re.finditer(rf"(?<!\S){re.escape(name)}(?!\S)", plain)] for name in (first, last)]
    return any(abs(one - other) <= NAME_REACH for one in places[0] for other in places[1])


def _named(names: str) -> Iterator[str]:
    entries = (" ".join(_ROLE.sub(" ", entry).split()) for entry in _BETWEEN_AUTHORS.split(names))
    return (entry for entry in entries if len(read(entry).plain.replace(" ", "")) > 2)
