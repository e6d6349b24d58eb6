"""Forms as data: which fields one has, what was typed into them, and what is wrong with that, a sentence a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

Kind = Literal["text", "long", "number", "date", "check", "choice", "ticks", "words", "pairs", "mappings", "secret"]
Checked = TypeVar("Checked", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class Field:
    """One field. `unit` follows it; `choices` are values with their words."""

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    required: bool = False
    unit: str = ""
    example: str = ""
    choices: Mapping[str, str] | None = None
    #: How long what is typed may be; of a number, its bounds.
    most: int | None = 500
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Typed:
    """A form that could not be taken: which of the page's, what was typed into it, and what is wrong, by field."""

    form: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)

    def shown(self, form: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a form of the page shows: these values, or what was typed into it."""
        return self.values if self.form == form else values

    def wrong(self, form: str) -> Mapping[str, str]:
        """What is wrong in a form of the page, by field."""
        return self.mistakes if self.form == form else {}


class MistakesError(ValueError):
    """What was typed cannot be taken; what is wrong is said by the field's name, under "" what is about no field."""

    def __init__(self, mistakes: Mapping[str, str]) -> None:
        super().__init__(" ".join(mistakes.values()))
        self.mistakes = mistakes


def check(model: type[Checked], fields: Sequence[Field], sent: Mapping[str, Sequence[str]]) -> Checked:
    """What was typed, as this model; a secret that was left empty is not said at all.

    Raises:
        MistakesError: something of it makes no sense.
    """
    said = read(fields, sent)
    empty = [field for field in fields if field.required and said[field.name] in (None, [])]
    found = {field.name: f"Say the {_lowered(field.label)}." for field in empty}
    secret = {field.name for field in fields if field.kind == "secret"}
    said = {
        name: value for name, value in said.items() if name not in found and (value is not None or name not in secret)
    }
    try:
        checked = model.model_validate(said)
    except ValidationError as error:
        raise MistakesError(found | {k: v for k, v in _mistakes(fields, error).items() if k not in found}) from None
    if found:
        raise MistakesError(found)
    return checked


def read(fields: Sequence[Field], sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What was typed, by the fields' names. What was left empty is None, or an empty list."""
    typed = {field: [each.strip() for each in sent.get(field.name, ())] for field in fields}
    return {field.name: _READ[field.kind](values) for field, values in typed.items()}


def shown(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """What there is, as it is typed: the reverse of `read`, without secrets."""
    return {field.name: _SHOWN.get(field.kind, _same)(values.get(field.name)) for field in fields}


def typed(fields: Sequence[Field], sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What was typed, as it was typed, without secrets: to be shown again."""
    whole = {"ticks": list, "check": bool}
    return {
        field.name: whole.get(field.kind, "\n".join)(list(sent.get(field.name, ())))
        for field in fields
        if field.kind != "secret"
    }


def _text(sent: Sequence[str]) -> str | None:
    return (sent[0] if sent else "") or None


def _words(sent: Sequence[str]) -> list[str]:
    return " ".join(sent).replace(",", " ").split()


def _pairs(sent: Sequence[str]) -> dict[str, str]:
    lines = (line.strip() for line in "\n".join(sent).splitlines())
    halves = (line.partition("=") for line in lines if line)
    return {first.strip(): second.strip() for first, _, second in halves}


def _mappings(sent: Sequence[str]) -> list[dict[str, str]]:
    return [{"remote": first, "local": second} for first, second in _pairs(sent).items()]


_READ: Mapping[Kind, Callable[[Sequence[str]], Any]] = {
    "text": _text,
    "long": _text,
    "number": _text,
    "date": _text,
    "choice": _text,
    "secret": _text,
    "check": bool,
    "ticks": list,
    "words": _words,
    "pairs": _pairs,
    "mappings": _mappings,
}


def _same(value: Any) -> Any:
    return value


def _lines(pairs: Mapping[str, Any] | None) -> str:
    return "\n".join(f"{first} = {second}" for first, second in (pairs or {}).items())


_SHOWN: Mapping[Kind, Callable[[Any], Any]] = {
    "secret": lambda _: None,
    "words": lambda value: ", ".join(map(str, value or ())),
    "pairs": _lines,
    "mappings": lambda value: _lines({each["remote"]: each["local"] for each in value or ()}),
}


def _lowered(label: str) -> str:
    return label if label[:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def _mistakes(fields: Sequence[Field], error: ValidationError) -> dict[str, str]:
    known = {name: field for field in fields for name in (field.name, to_camel(field.name))}
    found: dict[str, str] = {}
    for each in error.errors():
        field = known.get(str(each["loc"][0])) if each["loc"] else None
        found.setdefault(field.name if field else "", _sentence(field, each))
    return found


def _sentence(field: Field | None, error: Any) -> str:
    label, given = field.label if field else "The form", error.get("ctx", {})
    if field and field.kind == "mappings" and error["type"].endswith("too_short"):
        return f"{label} must be a line each, such as {field.example}."
    if error["type"] in {"missing", "string_too_short"}:
        return f"Say the {_lowered(label)}."
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
