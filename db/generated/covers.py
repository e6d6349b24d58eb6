"""Covers of requested books that were fetched: each lies in the cache by where it came from."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

#: The folder of the cache that they lie in.
COVERS = "covers"
_NAMED = text("SELECT DISTINCT cover_url FROM audiobooks WHERE cover_url IS NOT NULL")


def cover(url: str) -> str:
    """The path in the cache of what was fetched from this address."""
    return f"{COVERS}/{hashlib.sha256(url.encode()).hexdigest()}"


def covers(conn: Connection) -> frozenset[str]:
    """The paths in the cache of all covers that a requested book names."""
    return frozenset(cover(url) for url in conn.execute(_NAMED).scalars())
