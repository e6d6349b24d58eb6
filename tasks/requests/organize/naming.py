"""Folders and file names of the library, made of what is said of a book: whatever that is, they are safe names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from tasks.requests.organize.found import Part
from tasks.requests.organize.kinds import Book
from tasks.requests.organize.order import padded

#: What a template may name.
VARIABLES = ("author", "title", "narrator", "series", "series_part", "year", "asin", "isbn")
#: Bytes of one name that file systems take, and of one before its extension and a number.
LONGEST, LONGEST_STEM = 255, 230
#: Of a book's file: players take `.mp4` for a video.
RENAMED = {".mp4": ".m4b"}
UNKNOWN = "Unknown"

_VARIABLE = re.compile(r"\{([^{}]*)\}")
#: What some file system cannot have in a name, what cannot be seen, and what turns the order of letters around.
_FORBIDDEN = re.compile(r'[<>"|?*\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]')
_EMPTY_BRACKETS = re.compile(r"\[[\s\-,.#]*\]|\([\s\-,.#]*\)|\{[\s\-,.#]*\}")
#: Names that belong to devices on Windows, whatever extension they have.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", re.IGNORECASE)


def check(template: str) -> None:
    """Raises `ValueError`, in half a sentence for whoever wrote it, where a template is none."""
    folders = [each.strip() for each in template.strip().strip("/").split("/")]
    if unknown := [each for each in _VARIABLE.findall(template) if each not in VARIABLES]:
        known = ", ".join(f"{{{each}}}" for each in VARIABLES)
        raise ValueError(f"there is no {{{unknown[0]}}}; a folder may be named by {known}")
    if set("{}") & set(_VARIABLE.sub("", template)):
        raise ValueError("a brace stands alone; write names as {title}")
    if not {"title", "asin", "isbn"} & set(_VARIABLE.findall(template)):
        raise ValueError("it must name {title}, or different books would share a folder")
    if any(not each or each in {".", ".."} for each in folders):
        raise ValueError("each folder needs a name, as in {author}/{title}")


def folders(template: str, book: Book) -> tuple[str, ...]:
    """The folders of a book, from the library's on. One that names only what is not known of the book is left out.

    Raises:
        ValueError: the template is none.
    """
    check(template)
    known = {name: _text(getattr(book, name)) for name in VARIABLES}
    made = (_folder(part, known) for part in template.strip().strip("/").split("/"))
    return tuple(part for part in made if part) or (UNKNOWN,)


def file_names(parts: Sequence[Part]) -> list[str]:
    """What the parts are called in the book's one folder, in the same order: as they were, as far as that is safe.

    Those of several folders have theirs in front: `CD2/07.mp3` is `CD02 - 07.mp3`. No two are the same, whatever case
    they are in.
    """
    several = len({part.relative.parent for part in parts}) > 1
    taken: set[str] = set()
    return [_unique(_file_name(part, several), taken) for part in parts]


def merged_name(book: Book) -> str:
    """What the one file of a book is called."""
    return f"{_cut(_text(book.title), LONGEST_STEM)}.m4b"


def numbered(name: str, number: int) -> str:
    """The name of another file beside the one of this name."""
    path = PurePath(name)
    return f"{path.stem} ({number}){path.suffix}"


def _folder(part: str, known: Mapping[str, str]) -> str:
    """One folder's name; empty where nothing of what it names is known."""
    named = _VARIABLE.findall(part)
    if named and not any(known[name] for name in named):
        return ""
    values = {name: known[name] for name in named}
    while len((made := _filled(part, values)).encode()) > LONGEST:
        longest = max(values, key=lambda name: len(values[name].encode()), default=None)
        if longest is None or len(values[longest]) < 2:
            return _cut(made, LONGEST)
        over = len(made.encode()) - LONGEST
        values[longest] = _cut(values[longest], max(1, len(values[longest].encode()) - over))
    return made or UNKNOWN


def _filled(part: str, values: Mapping[str, str]) -> str:
    words = _VARIABLE.sub(lambda match: values[match[1]], part)
    words = " ".join(_EMPTY_BRACKETS.sub(" ", words).split())
    return _safe(re.sub(r"^(?:[-,] )+|(?: [-,])+$", "", words))


def _text(value: object) -> str:
    """A value as part of a name; `Unknown` where there is one, of which nothing can be written."""
    return "" if value is None or value == "" else _safe(str(value)) or UNKNOWN


def _safe(words: str) -> str:
    """A name that every file system takes, and that is no hidden one."""
    readable = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    spoken = re.sub(r"\s*:\s+", " - ", unicodedata.normalize("NFC", readable))
    plain = _FORBIDDEN.sub("", re.sub(r"[\t\r\n]", " ", spoken).replace("/", "-").replace(":", "-"))
    name = " ".join(plain.split()).strip(" .")
    return f"_{name}" if _DEVICES.match(name) else name


def _cut(words: str, most: int) -> str:
    return words.encode()[:most].decode(errors="ignore").rstrip(" .")


def _file_name(part: Part, several: bool) -> str:
    extension = RENAMED.get(part.extension, part.extension)
    stem = _safe(part.path.name[: -len(part.extension)])
    folders = [_safe(padded(each)) for each in part.relative.parent.parts] if several else []
    return f"{_cut(' - '.join(filter(None, [*folders, stem])), LONGEST_STEM) or UNKNOWN}{extension}"


def _unique(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free.casefold() in taken:
        free, number = numbered(name, number), number + 1
    taken.add(free.casefold())
    return free
