"""The kinds of fields: which operators each has, what values these take, and how they ask PostgreSQL.

A test is never NULL: what is asked of an unknown value is answered with no, and a negative operator is the exact
opposite of its positive one, so that `not_equals`, `not_in` and `not_contains` include what has no value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    any_,
    exists,
    func,
    literal,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from db.collections.operators import COMPARISON, EQUALITY, LIST, MEMBERSHIP, NOTHING, OPPOSITES, PAIR, Operator

MOST_VALUES, LONGEST_TEXT, MOST_DAYS = 1000, 1000, 36_500
_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Kind:
    """One kind of field: of values of one type, that are alike or not."""

    operators: tuple[Operator, ...] = (*EQUALITY, *MEMBERSHIP)
    #: What one value is, in sentences.
    takes: str
    #: The type of one value for PostgreSQL.
    type: TypeEngine[Any]

    def value(self, given: object) -> Any:
        """The value as it goes to PostgreSQL; None for what is none of this kind."""
        raise NotImplementedError

    def values(self, operator: Operator, given: object) -> list[Any]:
        """The values of a condition, as many as the operator takes.

        Raises:
            ValueError: they are not what the operator takes; the message ends a sentence about the field.
        """
        if operator in NOTHING:
            if given is not None:
                raise ValueError(f"takes no value with {operator}")
            return []
        if operator == "within_days":
            return [_days(operator, given)]
        values = [self._value(operator, one) for one in _several(operator, given)]
        if operator in PAIR and values[0] > values[1]:
            raise ValueError(f"takes the smaller value first with {operator}")
        return values

    def _value(self, operator: Operator, given: object) -> Any:
        if (value := self.value(given)) is None:
            raise ValueError(f"takes {self.takes} with {operator}, not {_shown(given)}")
        return value

    def test(self, operator: Operator, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the operator holds for the subject: what the field is of one kind of item."""
        if positive := OPPOSITES.get(operator):
            return self.holds(positive, subject, values).is_not(True)
        return self.holds(operator, subject, values).is_(True)

    def holds(self, operator: Operator, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """The same for a positive operator; NULL means no."""
        found: ColumnElement[bool]
        match operator:
            case "equals" | "in":
                found = self.is_any(subject, values)
            case "is_not_null":
                found = subject.is_not(None)
            case "is_true":
                found = subject
            case "between":
                found = subject.between(*self._literals(values))
            case "within_days":
                today = func.current_date()
                found = subject.between(today - literal(values[0], Integer), today)
            case _:
                found = getattr(subject, _METHODS[operator])(*self._literals(values))
        return found

    def is_any(self, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the subject is one of the values."""
        found: ColumnElement[bool] = subject == any_(literal(list(values), ARRAY(self.type)))
        return found

    def _literals(self, values: Sequence[Any]) -> list[ColumnElement[Any]]:
        # Of this kind's type, not of the column's: 2.5 would become a whole number.
        return [literal(value, self.type) for value in values]


_METHODS = {"greater_than": "__gt__", "less_than": "__lt__", "greater_equal": "__ge__", "less_equal": "__le__"}


class Words(Kind):
    """Text, compared without regard to case."""

    operators = ("contains", "not_contains", *Kind.operators)
    takes, type = "text", Text()

    def value(self, given: object) -> str | None:
        """Text that says something and can be stored."""
        text = given.strip() if isinstance(given, str) else ""
        return text if 0 < len(text) <= LONGEST_TEXT and not _UNSTORABLE.search(text) else None

    def holds(self, operator: Operator, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """The same, and whether it is part of the subject."""
        if operator == "contains":
            part: ColumnElement[bool] = subject.icontains(values[0], autoescape=True)
            return part
        return super().holds(operator, subject, values)

    def is_any(self, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the subject is one of the values, but for case."""
        return func.lower(subject) == any_(_array(_lowered(values), Text()))


class Choice(Words):
    """One of a few words."""

    operators = Kind.operators

    def __init__(self, *words: str) -> None:
        self.words = {word.lower(): word for word in words}
        self.takes = f"one of {', '.join(words)}"

    def value(self, given: object) -> str | None:
        """The word as it is spelled here."""
        return self.words.get(given.lower()) if isinstance(given, str) else None


class Number(Kind):
    """A number, whole or not."""

    operators = (*EQUALITY, *COMPARISON)
    takes, type = "a number", Numeric()

    def value(self, given: object) -> Decimal | None:
        """The number, exactly."""
        if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= _LARGEST:
            return None
        return Decimal(str(given))


class Day(Kind):
    """A day; of a moment, the day that it is in the database's time zone."""

    operators = (*EQUALITY, *COMPARISON, "within_days")
    takes, type = "a date such as 2024-05-31", Date()

    def value(self, given: object) -> date | None:
        """The day."""
        try:
            return date.fromisoformat(given) if isinstance(given, str) and _DAY.fullmatch(given) else None
        except ValueError:
            return None


class Flag(Kind):
    """Yes or no."""

    operators = ("is_true", "is_false")


class Id(Kind):
    """The id of something else."""

    takes, type = "an id", BigInteger()

    def value(self, given: object) -> int | None:
        """The id."""
        return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given <= _LARGEST else None


class Name(Words):
    """The id of something that is meant by its name, without regard to case; an unknown name means nothing."""

    operators = MEMBERSHIP
    takes = "a name"

    def __init__(self, table: Table) -> None:
        self.table = table

    def is_any(self, subject: Any, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the subject is the id of one of these names."""
        named = func.lower(self.table.c.name) == any_(_array(_lowered(values), Text()))
        found: ColumnElement[bool] = subject == any_(_array(select(self.table.c.id).where(named), BigInteger()))
        return found


class Link(NamedTuple):
    """What a field of several names is of one kind of item: the item's id, and two columns of the link table."""

    item: Column[Any]
    to_item: Column[Any]
    to_word: Column[Any]


class Names(Name):
    """Several of those, from a link table."""

    def test(self, operator: Operator, subject: Link, values: Sequence[Any]) -> ColumnElement[bool]:
        """Never NULL by itself, and PostgreSQL joins the plain form."""
        if positive := OPPOSITES.get(operator):
            return not_(self.holds(positive, subject, values))
        return self.holds(operator, subject, values)

    def holds(self, operator: Operator, subject: Link, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether there is one at all, or one of these."""
        linked = exists().where(subject.to_item == subject.item)
        return linked if operator == "is_not_null" else linked.where(self.is_any(subject.to_word, values))


def _lowered(values: Sequence[str]) -> Select[Any]:
    # By the database, whose lower() the names are compared with.
    return select(func.lower(func.unnest(literal(list(values), ARRAY(Text))).column_valued()))


def _array(rows: Select[Any], of: TypeEngine[Any]) -> ColumnElement[Any]:
    """The rows as an array, which PostgreSQL makes once and not for each item."""
    return func.array(rows.scalar_subquery(), type_=ARRAY(of))


def _several(operator: Operator, given: object) -> list[object]:
    if operator in PAIR and not (isinstance(given, list) and len(given) == 2):
        raise ValueError(f"takes a list of two values with {operator}")
    if operator in LIST and not (isinstance(given, list) and 0 < len(given) <= MOST_VALUES):
        raise ValueError(f"takes a list of 1 to {MOST_VALUES} values with {operator}")
    return given if isinstance(given, list) and operator in PAIR | LIST else [given]


def _days(operator: Operator, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= MOST_DAYS:
        raise ValueError(f"takes a number of days from 1 to {MOST_DAYS} with {operator}")
    return given


def _shown(given: object) -> str:
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    return "nothing" if given is None else repr(given)[:80]
