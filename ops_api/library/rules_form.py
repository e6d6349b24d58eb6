"""Rules as a person writes them: JSON text, and one condition at a time that is added to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, get_args

from db.collections import FIELDS, RuleError
from db.collections.kinds import Id, Number
from db.collections.operators import LIST, NOTHING, PAIR, Operator

#: The operators in words, in the order in which they are offered.
OPERATORS: dict[Operator, str] = {
    "in": "is one of",
    "not_in": "is none of",
    "equals": "is",
    "not_equals": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "greater_than": "is more than",
    "greater_equal": "is at least",
    "less_than": "is less than",
    "less_equal": "is at most",
    "between": "is between",
    "within_days": "is within the last days",
    "is_true": "is so",
    "is_false": "is not so",
    "is_not_null": "is known",
    "is_null": "is not known",
}
assert OPERATORS.keys() == set(get_args(Operator))
JOINS = {"and": "all of these hold", "or": "any of these holds", "not": "these do not all hold"}
#: The parts of rules as people write them.
ORDER = ("type", "entityTypes", "field", "operator", "value", "children")
#: What is measured, where the name of a field does not say it.
UNITS = {"fileSize": "bytes", "duration": "seconds", "bitRate": "bits a second"}


def read(written: str) -> Any:
    """What the text says; None where it says nothing.

    Raises:
        RuleError: it is no JSON.
    """
    if not written.strip():
        return None
    try:
        return json.loads(written, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RuleError(f"rules: this is no JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise RuleError("rules: groups lie in each other too deep.") from None


def write(rules: Any) -> str:
    """Rules as text; empty where there are none."""
    return "" if rules is None else json.dumps(rules, indent=2, ensure_ascii=False)


def in_order(rules: Any) -> Any:
    """The rules with their parts in the order in which people write them, which the database does not keep."""
    if not isinstance(rules, dict):
        return rules
    said = {name: rules[name] for name in sorted(rules, key=lambda name: ORDER.index(name) if name in ORDER else 9)}
    return said | ({"children": [in_order(child) for child in said["children"]]} if "children" in said else {})


def condition(field: str, operator: str, value: str, kind: str) -> dict[str, Any]:
    """A condition of what was chosen and typed; whether it is sound is `parse`'s question."""
    said: dict[str, Any] = {"type": "condition", "entityTypes": [kind] if kind else []}
    said |= {"field": field, "operator": operator}
    if operator not in NOTHING:
        values = [_value(field, operator, part.strip()) for part in value.split(",")]
        said["value"] = values if operator in LIST | PAIR else _value(field, operator, value.strip())
    return said


def added(rules: Any, new: Mapping[str, Any], join: str) -> dict[str, Any]:
    """The rules with one more condition: in their outermost group where that joins so, else both in a new one."""
    if rules is None:
        return {"type": "group", "operator": join, "children": [new]}
    if isinstance(rules, dict) and rules.get("type") == "group" and rules.get("operator") == join:
        children = rules.get("children")
        if isinstance(children, list):
            return {**rules, "children": [*children, new]}
    return {"type": "group", "operator": join, "children": [rules, new]}


def fields() -> dict[str, str]:
    """The fields in words, by their names."""
    words = {name: "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name) for name in FIELDS}
    return {name: f"{word} ({UNITS[name]})" if name in UNITS else word for name, word in words.items()}


def _value(field: str, operator: str, typed: str) -> Any:
    is_number = operator == "within_days" or (field in FIELDS and isinstance(FIELDS[field].kind, Number | Id))
    if not is_number:
        return typed
    try:
        return json.loads(typed, parse_constant=_refuse)
    except ValueError:
        return typed


def _refuse(word: str) -> NoReturn:
    raise RuleError(f"rules: {word} is no number.")
