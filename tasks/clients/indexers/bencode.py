"""Bencoding (BEP 3), read strictly and within bounds: what is not exactly right is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "int | bytes | list[Value] | dict[bytes, Value]"

#: A torrent of fifty thousand files has half a million values.
DEEPEST, MOST_VALUES = 64, 500_000

_INTEGER = re.compile(rb"i(0|-?[1-9][0-9]{0,18})e")
_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,8}):")


class BencodeError(ValueError):
    """A content is no bencoding; the message says what is wrong and where."""


@dataclass(frozen=True)
class Decoded:
    """A dictionary, and its parts as they were written, by their names."""

    values: dict[bytes, Value]
    spans: dict[bytes, tuple[int, int]]


def read_dictionary(content: bytes) -> Decoded:
    """Read a dictionary; blanks may follow.

    Raises:
        BencodeError: it is none, or too deep or too much.
    """
    reader = _Reader(content)
    decoded = reader.dictionary(0)
    if content[reader.at :].strip():
        raise reader.error("something follows the end")
    return decoded


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.at, self.count = content, 0, 0

    def error(self, words: str) -> BencodeError:
        return BencodeError(f"{words} (byte {self.at:,})")

    def dictionary(self, depth: int) -> Decoded:
        if not self._next(b"d"):
            raise self.error("a dictionary was expected")
        decoded = Decoded({}, {})
        while not self._next(b"e"):
            name = self.text()
            if name in decoded.values:
                raise self.error("a key stands twice in a dictionary")
            start = self.at
            decoded.values[name] = self.value(depth + 1)
            decoded.spans[name] = (start, self.at)
        return decoded

    def value(self, depth: int) -> Value:
        self.count += 1
        if depth > DEEPEST or self.count > MOST_VALUES:
            raise self.error("too deep" if depth > DEEPEST else "too many values")
        kind = self.content[self.at : self.at + 1]
        if kind == b"d":
            return self.dictionary(depth).values
        if kind == b"l":
            return self._list(depth)
        return self._integer() if kind == b"i" else self.text()

    def text(self) -> bytes:
        length = self._take(_LENGTH, "a text was expected")
        start, self.at = self.at, self.at + int(length[1])
        if self.at > len(self.content):
            raise BencodeError(f"a text is longer than what there is (byte {start:,})")
        return self.content[start : self.at]

    def _list(self, depth: int) -> list[Value]:
        self.at += 1
        values: list[Value] = []
        while not self._next(b"e"):
            values.append(self.value(depth + 1))
        return values

    def _integer(self) -> int:
        return int(self._take(_INTEGER, "a whole number was expected")[1])

    def _take(self, pattern: re.Pattern[bytes], words: str) -> re.Match[bytes]:
        found = pattern.match(self.content, self.at)
        if found is None:
            raise self.error(words)
        self.at = found.end()
        return found

    def _next(self, letter: bytes) -> bool:
        if self.at >= len(self.content):
            raise self.error("it ends too early")
        if self.content[self.at : self.at + 1] != letter:
            return False
        self.at += 1
        return True
