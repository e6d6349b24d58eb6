"""The operators of rules: how many values each takes, and which is the opposite of which."""

from __future__ import annotations

from typing import Literal

Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "greater_than",
    "less_than",
    "greater_equal",
    "less_equal",
    "between",
    "within_days",
    "in",
    "not_in",
    "is_null",
    "is_not_null",
    "is_true",
    "is_false",
]

#: The operators that take something else than one value.
NOTHING = frozenset({"is_null", "is_not_null", "is_true", "is_false"})
PAIR = frozenset({"between"})
LIST = frozenset({"in", "not_in"})

#: The negative operators. Each holds exactly where the other does not, also where there is no value.
OPPOSITES: dict[Operator, Operator] = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_in": "in",
    "is_null": "is_not_null",
    "is_false": "is_true",
}

EQUALITY: tuple[Operator, ...] = ("equals", "not_equals")
MEMBERSHIP: tuple[Operator, ...] = ("in", "not_in")
COMPARISON: tuple[Operator, ...] = ("greater_than", "less_than", "greater_equal", "less_equal", "between")
PRESENCE: tuple[Operator, ...] = ("is_null", "is_not_null")
