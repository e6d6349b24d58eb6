"""People who sign in with a password."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import IntegrityError

from db.access import passwords, sessions
from db.access.types import AccessError, NoSuchError, Scope

_ADD = text("INSERT INTO people (login, password_hash, scope) VALUES (:login, :hash, :scope)")
_FIND = text("SELECT id, login, password_hash FROM people WHERE lower(login) = lower(:login)")
_CHANGE = text("UPDATE people SET password_hash = :hash WHERE id = :id")
_LIST = text("""
    SELECT login, scope, created_at, (SELECT max(last_seen_at) FROM sessions s WHERE s.person_id = p.id) AS last_seen_at
    FROM people p ORDER BY lower(login)
""")
# Without an administrator nobody could let one in; the table's lock makes two changes take turns.
_LOCK = text("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE")
_ANOTHER = "EXISTS (SELECT FROM people WHERE id <> :id AND scope = 'admin')"
_CHANGE_SCOPE = text(f"UPDATE people SET scope = :scope WHERE id = :id AND (:scope = 'admin' OR {_ANOTHER})")  # noqa: S608  (constants)
_REMOVE = text(f"DELETE FROM people WHERE id = :id AND {_ANOTHER}")  # noqa: S608


@dataclass(frozen=True)
class Person:
    """A person, with what is stored of the password."""

    id: int
    login: str
    password_hash: str


def find(conn: Connection, login: str) -> Person | None:
    """The person with this login, in any case."""
    row = conn.execute(_FIND, {"login": login.strip()}).mappings().one_or_none()
    return Person(**row) if row else None


def add(conn: Connection, login: str, password: str, scope: Scope) -> None:
    """Let somebody sign in who may so much.

    Raises:
        AccessError: the login is empty, too long or taken, or the password too short.
    """
    values = {"login": login.strip(), "hash": passwords.hashed(password), "scope": scope}
    try:
        with conn.begin_nested():
            conn.execute(_ADD, values)
    except IntegrityError as error:
        if "uq_people_login" in str(error.orig):
            raise AccessError(f"There is a login {login.strip()} already.", "login") from None
        raise AccessError("A login has 1 to 100 characters, no space and no slash.", "login") from None


def change_password(conn: Connection, login: str, password: str, *, but: int | None = None) -> None:
    """Give a person another password and sign them out everywhere, but for the session `but`.

    Raises:
        NoSuchError: there is no such login.
        AccessError: the password is too short or too long.
    """
    person = _known(conn, login)
    conn.execute(_CHANGE, {"id": person.id, "hash": passwords.hashed(password)})
    sessions.end_all(conn, person.id, but=but)


def change_scope(conn: Connection, login: str, scope: Scope) -> None:
    """Say what somebody may, from their next click on.

    Raises:
        NoSuchError: there is no such login.
        AccessError: nobody else is an administrator.
    """
    conn.execute(_LOCK)
    person = _known(conn, login)
    if conn.execute(_CHANGE_SCOPE, {"id": person.id, "scope": scope}).rowcount == 0:
        raise AccessError(f"{person.login} is the only administrator and stays one; make another first.")


def remove(conn: Connection, login: str) -> None:
    """Let somebody sign in no longer, and sign them out.

    Raises:
        NoSuchError: there is no such login.
        AccessError: nobody else is an administrator.
    """
    conn.execute(_LOCK)
    person = _known(conn, login)
    if conn.execute(_REMOVE, {"id": person.id}).rowcount == 0:
        raise AccessError(f"{person.login} is the only administrator and stays; make another first.")


def listed(conn: Connection) -> list[RowMapping]:
    """All logins, in order."""
    return list(conn.execute(_LIST).mappings())


def _known(conn: Connection, login: str) -> Person:
    if (person := find(conn, login)) is None:
        raise NoSuchError(f"There is no login {login.strip()}.")
    return person
