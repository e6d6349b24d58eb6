"""A release of a book, as an indexer lists it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Protocol = Literal["torrent", "usenet"]


@dataclass(frozen=True)
class Release:
    """What can be downloaded, and what is said of it. Sizes in bytes; whatever is not known is None."""

    guid: str
    title: str
    #: The indexer by its own name, and the source that it was asked through.
    indexer: str
    indexer_id: int | None
    protocol: Protocol
    size: int | None
    #: Unknown of usenet, and of what an indexer does not count.
    seeders: int | None
    leechers: int | None
    #: With its time zone.
    published: datetime | None
    #: An http or https address or a magnet link. It may hold a key of somebody's: neither shown nor logged.
    download_url: str = field(repr=False)
    #: Hexadecimal, in small letters.
    info_hash: str | None = None
    #: The page about it.
    info_url: str | None = None
    #: Such as `Freeleech`.
    flags: tuple[str, ...] = ()
    #: Torznab's numbers.
    categories: tuple[int, ...] = ()
