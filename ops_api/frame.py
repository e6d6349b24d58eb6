"""The pages of the rail: one row for each, in the order in which they stand there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Page:
    """A page: where it is, under which heading, and the key that goes there after `g`."""

    name: str
    title: str
    address: str
    group: str
    key: str = ""


PAGES: tuple[Page, ...] = (
    Page("operations", "Operations", "/", "Operate", "o"),
    Page("requests", "Requests", "/requests", "Operate", "r"),
    Page("schedules", "Schedules", "/schedules", "Operate", "c"),
    Page("logs", "Logs", "/logs", "Operate", "l"),
    Page("library", "Library", "/library", "Library", "v"),
    Page("collections", "Collections", "/library/collections", "Library", "k"),
    Page("settings", "Settings", "/settings", "System", "s"),
    Page("access", "Access", "/access", "System", "a"),
    Page("health", "Health", "/status", "System", "h"),
)

#: By group, in order.
GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = tuple(
    (group, tuple(pages)) for group, pages in groupby(PAGES, lambda page: page.group)
)
