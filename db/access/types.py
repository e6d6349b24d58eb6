"""Who asks, and what they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from db.refusals import FieldError

Scope = Literal["read", "operate", "admin"]
#: Each includes those before it.
SCOPES: tuple[Scope, ...] = ("read", "operate", "admin")


class AccessError(FieldError):
    """A login or a token cannot be so; the message is one sentence for people."""


class NoSuchError(AccessError):
    """There is no such login or token."""


@dataclass(frozen=True)
class Who:
    """Somebody who was let in: a person with a session, a program with a token, or anybody where there is no login."""

    name: str
    scope: Scope
    #: The row that lets them in.
    session: int | None = None
    token: int | None = None

    def __str__(self) -> str:
        return f"token {self.name}" if self.token is not None else self.name

    def may(self, scope: Scope) -> bool:
        """Whether their scope includes this one."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


#: Everybody, where `--no-auth` was asked for.
ANYBODY = Who("anybody", "admin")
