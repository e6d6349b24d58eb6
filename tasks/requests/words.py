"""Titles and names taken apart into words that can be compared, and how alike two of them are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

#: One letter for another, so that positions stay; what accents do not explain.
_QUOTES = str.maketrans("’‘ʼ`´", "'''''")
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_MARKS = "\u0300-\u036f"
#: Letters, digits and the apostrophes between them; an underscore divides as a space does.
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:'(?:[^\W_]|[{_MARKS}])+)*")
#: A capital after a small letter begins a word, where camel case is to be taken apart.
_HUMP = re.compile(r"(?<=[^\W\d_])(?=[^\W\d_])")


@dataclass(frozen=True)
class Text:
    """A text, its words in small letters without accents and apostrophes, and where in the text each is."""

    raw: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def plain(self) -> str:
        """The words with a space between them."""
        return " ".join(self.words)

    def before(self, index: int) -> str:
        """The text in front of a word."""
        return self.raw[: self.spans[index][0]]

    def after(self, index: int) -> str:
        """The text behind a word."""
        return self.raw[self.spans[index][1] :]

    def find(self, words: Sequence[str]) -> Iterator[int]:
        """Where these words, one after another, begin: indexes of words."""
        wanted = tuple(words)
        for start in range(len(self.words) - len(wanted) + 1):
            if wanted and self.words[start : start + len(wanted)] == wanted:
                yield start


@lru_cache(maxsize=4096)
def read(raw: str, *, camel: bool = True) -> Text:
    """Take a text apart. With `camel`, `JaneDoe` is two words."""
    text = unicodedata.normalize("NFC", raw).translate(_QUOTES)
    spans = [span for found in _WORD.finditer(text) for span in _humps(found, camel)]
    kept = [(folded, span) for span in spans if (folded := fold(text[slice(*span)]))]
    return Text(text, tuple(word for word, _ in kept), tuple(span for _, span in kept))


def fold(word: str) -> str:
    """A word in small letters, without accents and apostrophes, in Latin letters where it nearly is."""
    small = unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS))
    return "".join(letter for letter in small if letter != "'" and not unicodedata.combining(letter))


def dice(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1: the share of pairs of neighbouring letters that both have.

    The coefficient of Dice and Sorensen over bigrams; spaces do not count. A text that is empty is like none.
    """
    first, second = one.replace(" ", ""), other.replace(" ", "")
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    ours, theirs = (Counter(pairwise(text)) for text in (first, second))
    pairs = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / pairs if pairs else 0.0


def _humps(found: re.Match[str], camel: bool) -> Iterator[tuple[int, int]]:
    """The parts of a word that is written in camel case, by their places."""
    word, start = found[0], found.start()
    cuts = [at.start() for at in _HUMP.finditer(word)] if camel else []
    edges = [0, *(at for at in cuts if word[at - 1].islower() and word[at].isupper()), len(word)]
    for left, right in pairwise(edges):
        yield start + left, start + right
