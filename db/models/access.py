"""Who may: people and their sessions, tokens of programs, failed sign-ins, and what was done by whom.

No secret is stored: passwords as argon2 hashes, all others, which are random and long, as SHA-256.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Json, Moment


class Person(Base):
    """Somebody who signs in with a password, and what they may. Case does not matter in the login."""

    __tablename__ = "people"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(Text)
    #: Argon2id in PHC form, with its salt and its costs.
    password_hash: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("scope IN ('read', 'operate', 'admin')", name="scope"),
        CheckConstraint("login ~ '^[^[:space:]/]{1,100}$'", name="login"),
        Index("uq_people_login", text("lower(login)"), unique=True),
    )


class Session(Base):
    """A browser in which somebody is signed in."""

    __tablename__ = "sessions"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[CreatedAt]
    #: To the minute.
    last_seen_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]


class ApiToken(Base):
    """What a program shows instead of a password. Revoked ones stay, for the audit."""

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    #: To the minute.
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("scope IN ('read', 'operate', 'admin')", name="scope"),
        CheckConstraint("name <> '' AND name = btrim(name) AND length(name) <= 100", name="name"),
        Index("uq_api_tokens_name", text("lower(name)"), unique=True, postgresql_where=text("revoked_at IS NULL")),
    )


class LoginAttempt(Base):
    """How often in a row signing in failed for one login, or from one address."""

    __tablename__ = "login_attempts"

    #: `login:ann` or `address:192.0.2.7`.
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[CreatedAt]
    #: Before this nothing is tried.
    free_at: Mapped[CreatedAt]


class AuditEntry(Base):
    """One thing that somebody did."""

    __tablename__ = "audit"

    id: Mapped[Id]
    #: A login, or `token NAME`. Text, so that it outlives both.
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    details: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    at: Mapped[CreatedAt] = mapped_column(index=True)
