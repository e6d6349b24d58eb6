"""Forms as data: which fields one has, what was typed into them, and what is wrong with that, a sentence a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

Kind = Literal["text", "long", "number", "date", "check", "choice", "ticks", "words", "pairs", "secret"]


@dataclass(frozen=True, eq=False)
class Field:
    """One field. `unit` follows it; `choices` are values with their words; `joint` stands between a pair's halves."""

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    required: bool = False
    unit: str = ""
    example: str = ""
    choices: Mapping[str, str] | None = None
    joint: str = "="
    #: How long what is typed may be; of a number, its bounds.
    most: int | None = 500
    bounds: tuple[float, float] | None = None


def read(fields: Sequence[Field], sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What was typed, by the fields' names, for a model to check. What was left empty is None, or an empty list."""
    return {
        field.name: _READ[field.kind](field, [each.strip() for each in sent.get(field.name, ())]) for field in fields
    }


def _text(_: Field, sent: Sequence[str]) -> str | None:
    return (sent[0] if sent else "") or None


def _words(_: Field, sent: Sequence[str]) -> list[str]:
    return " ".join(sent).replace(",", " ").split()


def _pairs(field: Field, sent: Sequence[str]) -> list[tuple[str, str]]:
    lines = (line.strip() for line in "\n".join(sent).splitlines())
    halves = (line.partition(field.joint) for line in lines if line)
    return [(first.strip(), second.strip()) for first, _, second in halves]


_READ: Mapping[Kind, Callable[[Field, Sequence[str]], Any]] = {
    "text": _text,
    "long": _text,
    "number": _text,
    "date": _text,
    "choice": _text,
    "secret": _text,
    "check": lambda _, sent: bool(sent),
    "ticks": lambda _, sent: list(sent),
    "words": _words,
    "pairs": _pairs,
}


def mistakes(fields: Sequence[Field], error: ValidationError) -> dict[str, str]:
    """What is wrong, by the field's name, one sentence each; under "" what is about no field of the form."""
    known = {name: field for field in fields for name in (field.name, to_camel(field.name))}
    found: dict[str, str] = {}
    for each in error.errors():
        field = known.get(str(each["loc"][0])) if each["loc"] else None
        found.setdefault(field.name if field else "", _sentence(field, each))
    return found


def _sentence(field: Field | None, error: Any) -> str:
    label, given = field.label if field else "The form", error.get("ctx", {})
    if error["type"] in {"missing", "string_too_short"} or (error["input"] is None and field and field.required):
        return f"Say the {label[:1].lower()}{label[1:]}." if label != label.upper() else f"Say the {label}."
    if error["type"] == "value_error":
        said = str(given["error"])
        return said if said.endswith(".") else f"{label}: {said}."
    for kind, words in _SENTENCES.items():
        if error["type"].startswith(kind):
            return f"{label} {words.format_map(given)}"
    return f"{label}: {error['msg']}."


_SENTENCES = {
    "string_too_long": "may have at most {max_length:,} characters.",
    "int": "must be a whole number.",
    "float": "must be a number.",
    "greater_than_equal": "must be {ge:,} or more.",
    "greater_than": "must be more than {gt:,}.",
    "less_than_equal": "must be {le:,} or less.",
    "date": "must be a date, such as 2026-03-01.",
    "literal": "must be one of those that are listed.",
    "too_long": "may have at most {max_length:,} entries.",
    "too_short": "must have at least one.",
}
