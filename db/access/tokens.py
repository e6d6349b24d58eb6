"""Tokens of programs: shown once when they are made, stored as hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import IntegrityError

from db.access import secrets
from db.access.types import AccessError, NoSuchError, Scope, Who

PREFIX = "darkroom"

_ADD = text("INSERT INTO api_tokens (name, secret_hash, scope) VALUES (:name, :hash, :scope) RETURNING id")
_FIND = text("""
    SELECT name, secret_hash, scope, coalesce(last_used_at < now() - interval '1 minute', true) AS unseen
    FROM api_tokens WHERE id = :id AND revoked_at IS NULL
""")
_SEE = text("UPDATE api_tokens SET last_used_at = now() WHERE id = :id")
_LIST = text("""
    SELECT id, name, scope, created_at, last_used_at FROM api_tokens WHERE revoked_at IS NULL ORDER BY lower(name)
""")
_REVOKE = text("""
    UPDATE api_tokens SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING name
""")

_REVOKE_NAMED = text("UPDATE api_tokens SET revoked_at = now() WHERE lower(name) = lower(:name) AND revoked_at IS NULL")


def add(conn: Connection, name: str, scope: Scope) -> str:
    """Make a token; returns the only copy of it.

    Raises:
        AccessError: the name is empty, too long or taken.
    """
    secret = secrets.make()
    values: dict[str, Any] = {"name": name.strip(), "hash": secrets.digest(secret), "scope": scope}
    try:
        with conn.begin_nested():
            row = conn.execute(_ADD, values).scalar_one()
    except IntegrityError as error:
        raise AccessError(_why(error, name.strip()), "name") from None
    return secrets.spell(PREFIX, row, secret)


def renew(conn: Connection, name: str, scope: Scope) -> str:
    """Make a token in the place of the one of this name, if there is one."""
    conn.execute(_REVOKE_NAMED, {"name": name})
    return add(conn, name, scope)


def find(conn: Connection, token: str) -> Who | None:
    """Whose token it is, unless it was revoked."""
    if (parts := secrets.split(PREFIX, token)) is None:
        return None
    number, secret = parts
    row = conn.execute(_FIND, {"id": number}).one_or_none()
    if row is None or not secrets.same(secret, row.secret_hash):
        return None
    if row.unseen:
        conn.execute(_SEE, {"id": number})
    return Who(row.name, row.scope, token=number)


def listed(conn: Connection) -> list[RowMapping]:
    """The tokens that are good, by name."""
    return list(conn.execute(_LIST).mappings())


def revoke(conn: Connection, number: int) -> str:
    """Make a token good for nothing; returns its name.

    Raises:
        NoSuchError: no token that is good has this id.
    """
    if (name := conn.execute(_REVOKE, {"id": number}).scalar()) is None:
        raise NoSuchError(f"There is no token {number}.")
    return str(name)


def _why(error: IntegrityError, name: str) -> str:
    if "uq_api_tokens_name" in str(error.orig):
        return f"There is a token {name} already."
    return "A token's name has 1 to 100 characters."
