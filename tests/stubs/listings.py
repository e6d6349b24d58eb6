"""What a stub of an indexer lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from tests.stubs import torrents

PUBLISHED = datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass
class Listing:
    """A release that is listed, and what it leads to. Values that are None are not said."""

    title: str
    files: dict[str, bytes]
    protocol: str = "torrent"
    size: int | str | None = None
    seeders: int | str | None = 10
    peers: int | str | None = 12
    published: str | None = format_datetime(PUBLISHED)
    categories: tuple[int, ...] = (3000, 3030)
    flags: tuple[str, ...] = ()
    factors: tuple[str, str] | None = None
    #: Which of Prowlarr's indexers has it.
    indexer: int = 1
    #: Whether a magnet link is what it leads to.
    magnet: bool = False
    number: int = 0
    #: The torrent or NZB, where it was made elsewhere.
    served: bytes | None = None
    #: Said instead of what would be.
    instead: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its torrent is called."""
        return self.title.replace("/", "_")

    @property
    def info(self) -> dict[str, Any]:
        return torrents.info(self.name, self.files)

    @property
    def info_hash(self) -> str:
        return torrents.info_hash(self.info)

    @property
    def length(self) -> int:
        return sum(map(len, self.files.values()))

    @property
    def magnet_link(self) -> str:
        return f"magnet:?xt=urn:btih:{self.info_hash}&dn={quote(self.title)}"


@dataclass
class Remote:
    """One of Prowlarr's indexers."""

    id: int
    name: str
    protocol: str = "torrent"
    enabled: bool = True
    #: Until when it is left alone, in ISO 8601.
    rests_until: str | None = None
