"""Who asks: set at the gate, for everything that works on the request; and whether what they did is written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from db.access import Who, audit


@dataclass
class _Asking:
    who: Who | None = None
    written: bool = False
    #: Whether what is NSFW is shown to who has not said whether it is to be.
    shows_nsfw: bool = False


_ASKING: ContextVar[_Asking] = ContextVar("asking", default=_Asking())  # noqa: B039 - never changed: nobody acts in it


def who() -> Who | None:
    """Who asks; nobody on the few addresses that are open to all."""
    return _ASKING.get().who


def shows_nsfw() -> bool:
    """Whether what is NSFW is shown where the one who asks has not said whether it is to be."""
    return _ASKING.get().shows_nsfw


@contextmanager
def asking(somebody: Who | None, *, shows_nsfw: bool = False) -> Iterator[None]:
    """What is done within is done for them."""
    token = _ASKING.set(_Asking(somebody, shows_nsfw=shows_nsfw))
    try:
        yield
    finally:
        _ASKING.reset(token)


@contextmanager
def acting(engine: Engine, action: str, **details: Any) -> Iterator[Connection]:
    """A transaction in which the one who asks does something, and in which that is written down.

    Raises:
        PermissionError: nobody asks.
    """
    request = _ASKING.get()
    if request.who is None:
        raise PermissionError(f"Nobody asks for {action}.")
    with engine.begin() as conn:
        yield conn
        audit.record(conn, request.who, action, details)
    request.written = True


def is_written() -> bool:
    """Whether something that was done on this request was written down."""
    return _ASKING.get().written
