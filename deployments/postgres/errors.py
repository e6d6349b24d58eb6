"""What can go wrong with PostgreSQL, in one sentence each."""

from __future__ import annotations


class PostgresError(Exception):
    """PostgreSQL is missing, unsuitable or does not answer; the message says what to do."""
