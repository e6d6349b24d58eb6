"""Random secrets: made here, stored only as a hash, compared in constant time.

Each is shown as `PREFIX_ID_SECRET`. The id finds the row; only the secret is secret.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

#: What a person has to read and type: no letters that look like others.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LARGEST_ID = 2**63 - 1


def make() -> str:
    """A new secret of 256 bits."""
    return secrets.token_urlsafe(32)


def make_password() -> str:
    """A new password of 99 bits, in four groups."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def digest(secret: str) -> str:
    """What is stored. A secret of 256 bits cannot be guessed, so nothing slower than SHA-256 is needed."""
    return sha256(secret.encode()).hexdigest()


def same(secret: str, stored: str) -> bool:
    """Whether this is the secret that was stored, compared in constant time."""
    return hmac.compare_digest(digest(secret), stored)


def spell(prefix: str, row_id: int, secret: str) -> str:
    """How a secret is handed out."""
    return f"{prefix}_{row_id}_{secret}"


def split(prefix: str, text: str) -> tuple[int, str] | None:
    """The id and the secret of what was handed out; None where it is nothing of that kind."""
    kind, _, rest = text.partition("_")
    number, _, secret = rest.partition("_")
    good = kind == prefix and secret and number.isascii() and number.isdigit() and len(number) < 20
    return (int(number), secret) if good and int(number) <= _LARGEST_ID else None
