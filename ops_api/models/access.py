"""People, tokens, and what was done by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field, SecretStr

from db.access import Scope
from ops_api.models.base import Model, Text


class NewToken(Model):
    """A token to make."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(examples=["backup script"])
    scope: Scope


class Token(Model):
    """A token that is good."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None


class Tokens(Model):
    """All of them."""

    tokens: list[Token]


class MadeToken(Model):
    """A token that was just made."""

    name: str
    scope: Scope
    token: str = Field(description="Shown this once")


class NewPassword(Model):
    """A password to set; one is made where none is given."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr | None = None

    def said(self) -> str | None:
        """The password that was given."""
        return self.password.get_secret_value() if self.password else None


class NewPerson(NewPassword):
    """Somebody to let in."""

    login: Text = Field(examples=["ann"])
    scope: Scope = Field(description="What they may: each includes those before it")


class PersonChanges(Model):
    """What somebody may from now on."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope


class Person(Model):
    """Somebody who may sign in."""

    login: str
    scope: Scope
    created_at: datetime
    last_seen_at: datetime | None


class People(Model):
    """All of them."""

    people: list[Person]


class MadePassword(Model):
    """Whose password was set."""

    login: str
    password: str | None = Field(description="Shown this once, where it was made here")


class AuditEntry(Model):
    """One thing that somebody did."""

    id: int
    at: datetime
    who: str = Field(examples=["admin", "token backup script"])
    action: str
    details: dict[str, Any]


class Audit(Model):
    """What was done, newest first."""

    entries: list[AuditEntry]
    next_before: int | None
