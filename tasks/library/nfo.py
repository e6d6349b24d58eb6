"""NFO files: the XML that Kodi and its relatives write beside videos, and what people make of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tasks.library import metadata
from tasks.library.metadata import Metadata

#: Longer NFO files are not read (bytes).
LIMIT = 1 << 20

#: `<tag>text</tag>` to its texts, wherever the sidecar has it.
Texts = Callable[[str], Iterator[str]]

T = TypeVar("T")

_TITLES = ("title",)
_OVERVIEWS = ("plot", "outline", "overview")
_DAYS = ("aired", "premiered", "releasedate")


def parse(content: bytes) -> Metadata:
    """Read an NFO file. What is no well-formed XML, or tries to define entities, is searched for its plain tags."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return _loose(content.decode("utf-8", "replace"))
    item = root if root.find("title") is not None or len(root) == 0 else next(iter(_with_title(root)), root)
    return _read(
        lambda tag: (child.text or "" for child in item.findall(tag)),
        lambda: (actor.findtext("name") or "" for actor in item.findall("actor")),
        _nested_rating(item),
    )


def _with_title(root: Element) -> Iterator[Element]:
    return (child for child in root if child.find("title") is not None)


def _nested_rating(item: Element) -> int | None:
    """`<ratings><rating max="10" default="true"><value>7.5</value></rating></ratings>`."""
    found = item.findall("ratings/rating")
    found.sort(key=lambda element: element.get("default") != "true")
    values = (metadata.rating(element.findtext("value"), best=_number(element.get("max"))) for element in found)
    return next((value for value in values if value is not None), None)


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def _loose(words: str) -> Metadata:
    return _read(
        lambda tag: _between(words, tag),
        lambda: (name for actor in _between(words, "actor") for name in _between(actor, "name")),
        None,
    )


def _between(words: str, tag: str) -> Iterator[str]:
    """The texts between `<tag>` and `</tag>`. Stops at the first tag that never ends, so the time stays linear."""
    opening = re.compile(rf"<{tag}(?:\s[^<>]*)?>", re.IGNORECASE)
    closing = re.compile(rf"</{tag}\s*>", re.IGNORECASE)
    position = 0
    while (start := opening.search(words, position)) and (end := closing.search(words, start.end())):
        yield words[start.end() : end.start()].removeprefix("<![CDATA[").removesuffix("]]>")
        position = end.end()


def _read(texts: Texts, actors: Callable[[], Iterator[str]], nested_rating: int | None) -> Metadata:
    ratings = (metadata.rating(value.strip()) for tag in ("rating", "userrating") for value in texts(tag))
    return Metadata(
        title=_first(texts, _TITLES, metadata.line),
        overview=_first(texts, _OVERVIEWS, metadata.paragraph),
        released=_first(texts, _DAYS, metadata.day),
        rating=next((value for value in ratings if value is not None), nested_rating),
        tags=metadata.distinct((*texts("genre"), *texts("tag"))),
        performers=metadata.distinct(actors()),
    )


def _first(texts: Texts, tags: tuple[str, ...], read: Callable[[object], T | None]) -> T | None:
    values = (read(value) for tag in tags for value in texts(tag))
    return next((value for value in values if value is not None), None)
