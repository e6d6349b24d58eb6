"""The JSON that yt-dlp and its relatives write beside videos."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from tasks.library import metadata
from tasks.library.metadata import NOTHING, Metadata

#: Longer files are not read (bytes); with all comments of a popular video they grow to tens of megabytes.
LIMIT = 8 << 20

T = TypeVar("T")


def parse(content: bytes) -> Metadata:
    """Read a JSON sidecar.

    Raises:
        ValueError: it is no JSON, or nested beyond measure.
    """
    try:
        keys = json.loads(content.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(keys, dict):
        return NOTHING
    return Metadata(
        title=_first(keys, ("title", "fulltitle"), metadata.line),
        overview=_first(keys, ("description", "plot", "synopsis"), metadata.paragraph),
        released=_first(keys, ("upload_date", "release_date", "date", "aired"), metadata.day),
        rating=_first(keys, ("average_rating",), metadata.rating),
        tags=metadata.distinct(_names(keys, ("tags", "categories", "genre", "genres"))),
        performers=metadata.distinct(_names(keys, ("performers", "actors", "cast"))),
    )


def _first(keys: Mapping[str, Any], names: Iterable[str], read: Callable[[object], T | None]) -> T | None:
    values = (read(keys[name]) for name in names if keys.get(name) is not None)
    return next((value for value in values if value is not None), None)


def _names(keys: Mapping[str, Any], names: Iterable[str]) -> Iterator[object]:
    for name in names:
        value = keys.get(name)
        for item in re.split("[,;]", value) if isinstance(value, str) else value if isinstance(value, list) else ():
            yield item.get("name") if isinstance(item, dict) else item
