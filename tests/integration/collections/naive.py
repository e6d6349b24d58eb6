"""Rules, evaluated by the book: item by item, in Python."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.integration.collections.library import Item

NEGATIVE = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_in": "in",
    "is_null": "is_not_null",
    "is_false": "is_true",
}
#: The fields that only some kinds of items have.
HAVE = {
    "date": {"video"},
    "fileSize": {"video", "image", "audio-track"},
    "duration": {"video", "audio-track"},
    "resolution": {"video"},
    "codec": {"video", "audio-track"},
    "playCount": {"video", "audio-track"},
    "videoSeriesId": {"video"},
    "galleryType": {"gallery"},
    "imageCount": {"gallery"},
    "width": {"image"},
    "height": {"image"},
    "format": {"image"},
    "bitRate": {"audio-track"},
    "channels": {"audio-track"},
    "artist": {"audio-track"},
    "album": {"audio-track"},
    "narrator": {"audio-track"},
    "year": {"audio-track"},
}
ALL = {"video", "gallery", "image", "audio-track"}


def kinds(node: dict[str, Any]) -> set[str]:
    """What the rules can select."""
    if node["type"] == "group":
        return set().union(*map(kinds, node["children"]))
    return set(node["entityTypes"]) or HAVE.get(node["field"], ALL)


def selects(rules: dict[str, Any], kind: str, item: Item, today: date) -> bool:
    """Whether the item belongs to the collection."""
    return kind in kinds(rules) and not item.missing and _holds(rules, kind, item, today)


def _holds(node: dict[str, Any], kind: str, item: Item, today: date) -> bool:
    if node["type"] == "group":
        each = [_holds(child, kind, item, today) for child in node["children"]]
        return {"and": all(each), "or": any(each), "not": not all(each)}[node["operator"]]
    if kind not in (set(node["entityTypes"]) or HAVE.get(node["field"], ALL)):
        return False
    operator, fact = node["operator"], item.facts[node["field"]]
    if operator in NEGATIVE:
        return not _asked(NEGATIVE[operator], fact, node.get("value"), today)
    return _asked(operator, fact, node.get("value"), today)


def _asked(operator: str, fact: Any, value: Any, today: date) -> bool:
    if operator == "is_not_null":
        return fact not in (None, [])
    if operator == "is_true":
        return bool(fact)
    if fact is None:
        return False
    if operator == "within_days":
        return today - timedelta(days=value) <= fact <= today
    if operator in {"equals", "in"}:
        wanted = {_plain(one, fact) for one in (value if operator == "in" else [value])}
        return any(_plain(one, fact) in wanted for one in (fact if isinstance(fact, list) else [fact]))
    if operator == "contains":
        return value.lower() in fact.lower()
    value = [_plain(one, fact) for one in value] if isinstance(value, list) else _plain(value, fact)
    match operator:
        case "between":
            return value[0] <= fact <= value[1]
        case "greater_than":
            return fact > value
        case "less_than":
            return fact < value
        case "greater_equal":
            return fact >= value
        case "less_equal":
            return fact <= value
    raise AssertionError(operator)


def _plain(value: Any, fact: Any) -> Any:
    """A value in the form in which it can be compared with the fact."""
    if isinstance(fact, date) and isinstance(value, str):
        return date.fromisoformat(value)
    return value.lower() if isinstance(value, str) else value
