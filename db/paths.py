"""How a path is spelled in the database, and for people.

A POSIX path is bytes, PostgreSQL text is UTF-8. Bytes that are not UTF-8 become characters of a private-use range, and
so do the bytes of a name that uses that very range, so that every path comes back as it was.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

#: Byte b is spelled as the character BASE + b.
BASE = 0x10FF00
_LONE_BYTE = "\udc80-\udcff"
_SPELLED_BYTE = f"{chr(BASE + 0x80)}-{chr(BASE + 0xFF)}"
_TO_SPELL = re.compile(f"[{_LONE_BYTE}{_SPELLED_BYTE}]")
_SPELLED = re.compile(f"[{_SPELLED_BYTE}]+")
#: Characters that would break a line or turn its direction.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def to_text(path: str | bytes | os.PathLike[str]) -> str:
    """The path as it is stored: text that PostgreSQL takes, from which `to_path` makes the same path again."""
    if isinstance(path, str) and path.isascii():
        return path
    text = os.fsencode(path).decode("utf-8", "surrogateescape")
    return _TO_SPELL.sub(_spell, text)


def to_path(text: str) -> Path:
    """The path that `to_text` spelled."""
    return Path(to_native(text))


def to_native(text: str) -> str:
    """The path that `to_text` spelled, as the plain string that `os` functions take."""
    if text.isascii():
        return text
    raw = b"".join(_to_bytes(part) for part in re.split(f"([{_SPELLED_BYTE}]+)", text))
    return os.fsdecode(raw)


def display(text: str) -> str:
    """A stored path or label for people: one line, bytes that are no UTF-8 as �, control characters as pictures."""
    return _UNSHOWABLE.sub(_picture, _SPELLED.sub("\N{REPLACEMENT CHARACTER}", text))


def _spell(match: re.Match[str]) -> str:
    raw = match[0].encode("utf-8", "surrogateescape")
    return "".join(chr(BASE + byte) for byte in raw)


def _to_bytes(part: str) -> bytes:
    if _SPELLED.match(part):
        return bytes(ord(character) - BASE for character in part)
    return part.encode("utf-8", "surrogateescape")


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
