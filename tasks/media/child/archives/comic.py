"""ComicInfo.xml, by which comics say what they are (https://anansi-project.github.io/docs/comicinfo/schemas/v2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

LONGEST = 1 << 20
TEXTS = {"title": "Title", "series": "Series", "number": "Number", "summary": "Summary", "publisher": "Publisher"}
LISTS = {"tags": ("Genre", "Tags"), "people": ("Writer", "Penciller", "Inker", "Colorist", "CoverArtist")}


def comic_info(data: bytes) -> dict[str, Any] | None:
    """What the file says: texts, and lists of words and names; none where it is no such file, or not well-formed."""
    if len(data) > LONGEST:
        return None
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    if root.tag != "ComicInfo":
        return None
    texts = {name: next(_texts(root, (tag,)), None) for name, tag in TEXTS.items()}
    return {**texts, **{name: _words(root, tags) for name, tags in LISTS.items()}}


def _texts(root: Element, tags: tuple[str, ...]) -> Iterator[str]:
    for tag in tags:
        text = " ".join((root.findtext(tag) or "").split())
        if text:
            yield text


def _words(root: Element, tags: tuple[str, ...]) -> list[str]:
    """The words of comma-separated lists, each once, as first spelled."""
    found: dict[str, str] = {}
    for word in (word.strip() for text in _texts(root, tags) for word in text.split(",")):
        found.setdefault(word.lower(), word)
    return [word for word in found.values() if word]
