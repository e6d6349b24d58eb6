"""Passwords: argon2id as RFC 9106 recommends it, one at a time, because each takes 64 MiB for a moment."""

from __future__ import annotations

from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.access import secrets
from db.access.types import AccessError

SHORTEST, LONGEST = 10, 500

_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash(secrets.make())
_ONE_AT_A_TIME = Lock()


def hashed(password: str) -> str:
    """What is stored of a password.

    Raises:
        AccessError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccessError(f"A password has {SHORTEST} to {LONGEST} characters.", "password")
    with _ONE_AT_A_TIME:
        return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether this is the password. Without a stored one the same work is done, so that time tells nothing."""
    with _ONE_AT_A_TIME:
        try:
            return _HASHER.verify(stored or _NOBODYS, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
