"""The release-date gate: a book that is not published yet is not searched for."""

from __future__ import annotations

from datetime import UTC, date, datetime


def must_wait(released: date | str | None, today: date, *, skip_unreleased: bool = True) -> bool:
    """Whether a search has to wait for the book to be published.

    `today` is the database's, in UTC. Days are compared, so a book can be searched for all through its day. A date that
    is not known or cannot be read holds nothing back.
    """
    day = _day(released)
    return skip_unreleased and day is not None and day > today


def _day(released: date | str | None) -> date | None:
    """The day in UTC."""
    if isinstance(released, str):
        try:
            released = datetime.fromisoformat(released.strip())
        except ValueError:
            return None
    if isinstance(released, datetime):
        return (released.astimezone(UTC) if released.tzinfo else released).date()
    return released
