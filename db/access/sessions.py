"""Sessions: begun when somebody signs in, found by the cookie, over after a month unused or half a year."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db.access import secrets
from db.access.types import Who

PREFIX = "session"
IDLE_DAYS, LONGEST_DAYS = 30, 180

_ALIVE = f"expires_at > now() AND last_seen_at > now() - interval '{IDLE_DAYS} days'"
_BEGIN = text(f"""
    INSERT INTO sessions (person_id, secret_hash, user_agent, expires_at)
    VALUES (:person, :hash, left(:agent, 200), now() + interval '{LONGEST_DAYS} days') RETURNING id
""")  # noqa: S608  (constants)
_FIND = text(f"""
    SELECT s.secret_hash, p.login, p.scope, s.last_seen_at < now() - interval '1 minute' AS unseen
    FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.id = :id AND {_ALIVE}
""")  # noqa: S608  (constants)
_SEE = text("UPDATE sessions SET last_seen_at = now() WHERE id = :id")
_END = text("DELETE FROM sessions WHERE id = :id")
_END_ALL = text("DELETE FROM sessions WHERE person_id = :person AND id IS DISTINCT FROM CAST(:but AS bigint)")
_END_OLD = text(f"DELETE FROM sessions WHERE NOT ({_ALIVE})")  # noqa: S608  (constants)


def begin(conn: Connection, person_id: int, user_agent: str) -> str:
    """A new session; returns what its cookie says. Those that are over go."""
    conn.execute(_END_OLD)
    secret = secrets.make()
    row = conn.execute(_BEGIN, {"person": person_id, "hash": secrets.digest(secret), "agent": user_agent})
    return secrets.spell(PREFIX, row.scalar_one(), secret)


def find(conn: Connection, cookie: str) -> Who | None:
    """Whose session it is, while it lives."""
    if (parts := secrets.split(PREFIX, cookie)) is None:
        return None
    session, secret = parts
    row = conn.execute(_FIND, {"id": session}).one_or_none()
    if row is None or not secrets.same(secret, row.secret_hash):
        return None
    if row.unseen:
        conn.execute(_SEE, {"id": session})
    return Who(row.login, row.scope, session=session)


def end(conn: Connection, session: int) -> None:
    """Sign out there."""
    conn.execute(_END, {"id": session})


def end_all(conn: Connection, person_id: int, *, but: int | None = None) -> None:
    """Sign a person out everywhere, but for one session."""
    conn.execute(_END_ALL, {"person": person_id, "but": but})
