"""What a library server is asked, and what it answers, whichever program it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from tasks.errors import TransientError

Kind = Literal["plex", "audiobookshelf"]


class IncompleteListingError(TransientError):
    """A library changed while it was read: what was not listed may be there all the same."""


@dataclass(frozen=True)
class ShelfSettings:
    """How a library server is reached."""

    kind: Kind
    #: As a person calls it.
    name: str
    #: http or https, with the path where a proxy wants one.
    url: str
    token: str | None = field(default=None, repr=False)

    def at(self, path: str) -> str:
        """The address of one of its pages."""
        return f"{self.url.rstrip('/')}/{path}"


@dataclass(frozen=True)
class Library:
    """A library of a server's that may hold audiobooks."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ShelfItem:
    """A book as a library server lists it; what it does not say is None."""

    #: Plex's guid, Audiobookshelf's item.
    guid: str
    title: str
    author: str | None = None
    narrator: str | None = None
    #: Ten capitals and digits.
    asin: str | None = None
    #: Ten or thirteen digits.
    isbn: str | None = None
    #: Seconds.
    duration: float | None = None
    added_at: datetime | None = None
    updated_at: datetime | None = None
    #: As the server sees it.
    path: str | None = None


class ShelfServer(Protocol):
    """A library server.

    Every method raises:
        TransientError: it is away or busy; asking again later may help.
        PermanentError: a setting is wrong; the message says what to do. It never holds the token.
        CancelledError: the work was asked to stop.
    """

    def test(self) -> str:
        """Which program and version it is, by which it is known that address and token are right."""

    def libraries(self) -> list[Library]:
        """Its libraries that may hold audiobooks."""

    def items(
        self, library_id: str, *, since: datetime | None = None, newest: int | None = None
    ) -> Iterator[ShelfItem]:
        """What a library lists, page after page as it is read: everything, the oldest first.

        With `since`, what was added since then, the newest first; with `newest`, so many of the newest at least.

        Raises:
            IncompleteListingError: after the last item, that the library has changed meanwhile.
        """

    def scan(self, library_id: str, path: str | None = None) -> None:
        """Tell it to look for new files: in a folder, as the server sees it, where it can be told that."""
