"""One line of the health page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "bad"]
_ORDER: tuple[State, ...] = ("ok", "warn", "bad")


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, in a sentence, and what to do about it."""

    group: str
    name: str
    state: State
    says: str
    remedy: str | None = None


def worst(checks: Iterable[Check]) -> State:
    """The worst of their states."""
    return max((check.state for check in checks), key=_ORDER.index, default="ok")
