"""Logins and tokens: handed out and taken back, once for the API and the page, each time in the audit."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from db.access import AccessError, Scope, people, secrets, tokens
from db.access.sign_in import proven
from ops_api import models
from ops_api.access import current


@dataclass(frozen=True)
class Keys:
    """Each method is one transaction; what is secret is in its answer and nowhere else."""

    engine: Engine

    def add_token(self, name: str, scope: Scope) -> models.MadeToken:
        """Make a token."""
        with self._acting("token-add", name=name.strip(), scope=scope) as conn:
            return models.MadeToken(name=name.strip(), scope=scope, token=tokens.add(conn, name, scope))

    def revoke_token(self, token_id: int) -> None:
        """Make a token good for nothing, at once."""
        with self._acting("token-revoke", token=token_id) as conn:
            tokens.revoke(conn, token_id)

    def add_person(self, login: str, password: str | None, scope: Scope) -> models.MadePassword:
        """Let somebody sign in, with a password that is made here where none is given."""
        chosen = password or secrets.make_password()
        with self._acting("login-add", login=login.strip(), scope=scope) as conn:
            people.add(conn, login, chosen, scope)
        return models.MadePassword(login=login.strip(), password=None if password else chosen)

    def change_own_password(self, so_far: str, password: str, address: str) -> None:
        """Give the person who asks another password, and sign them out everywhere but here.

        Raises:
            AccessError: the one so far is another, or the new one too short or too long.
            TooManyError: too many attempts failed.
        """
        asks = current.who()
        if asks is None or asks.session is None or proven(self.engine, asks.name, so_far, address) is None:
            raise AccessError("That is not the password so far.", "so_far")
        self.change_password(asks.name, password)

    def change_password(self, login: str, password: str | None) -> models.MadePassword:
        """Give somebody another password and sign them out everywhere but here."""
        chosen, asks = password or secrets.make_password(), current.who()
        with self._acting("password-change", login=login.strip()) as conn:
            people.change_password(conn, login, chosen, but=asks.session if asks else None)
        return models.MadePassword(login=login.strip(), password=None if password else chosen)

    def change_scope(self, login: str, scope: Scope) -> None:
        """Say what somebody may. The last administrator stays one."""
        with self._acting("login-change", login=login.strip(), scope=scope) as conn:
            people.change_scope(conn, login, scope)

    def remove_person(self, login: str) -> None:
        """Let somebody sign in no longer, and sign them out. The last administrator stays."""
        with self._acting("login-remove", login=login.strip()) as conn:
            people.remove(conn, login)

    def _acting(self, action: str, **details: Any) -> AbstractContextManager[Connection]:
        return current.acting(self.engine, action, **details)
