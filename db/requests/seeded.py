"""Torrents that may be removed: their books are in the library, and they were seeded for long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.requests.downloads import Download, get_downloads

_SEEDED = text(
    """
    SELECT d.id, i.seed_minutes, i.seed_ratio
    FROM download_history d JOIN requests r ON r.id = d.request_id LEFT JOIN indexers i ON i.id = d.indexer_id
    WHERE d.status = 'completed' AND d.protocol = 'torrent' AND r.status = 'available'
    ORDER BY d.checked_at NULLS FIRST, d.id LIMIT :most
    """
)
# Another request may have been given the same torrent, and still need it.
_SHARED = text(
    """
    SELECT EXISTS (
        SELECT FROM download_history mine JOIN download_history other
            ON other.client_id = mine.client_id AND other.client_item_id = mine.client_item_id AND other.id <> mine.id
        JOIN requests r ON r.id = other.request_id
        WHERE mine.id = :id AND other.request_id <> mine.request_id AND other.status IN ('downloading', 'completed')
          AND r.status IN ('downloading', 'processing', 'awaiting_import', 'warn', 'downloaded'))
    """
)


@dataclass(frozen=True)
class Seeded:
    """A download whose book is available, and how long and how far its indexer wants it seeded."""

    download: Download
    minutes: int | None
    ratio: float | None

    @property
    def unlimited(self) -> bool:
        """Whether it is seeded for ever."""
        return self.minutes is None and self.ratio is None

    def is_enough(self, seconds: int | None, ratio: float | None) -> bool:
        """Whether it was seeded for long and far enough; what the client does not say is not."""
        long = self.minutes is None or (seconds is not None and seconds >= 60 * self.minutes)
        far = self.ratio is None or (ratio is not None and ratio >= self.ratio)
        return not self.unlimited and long and far


def seeded(conn: Connection, *, most: int) -> list[Seeded]:
    """Those to look at, the longest unseen first."""
    rows = conn.execute(_SEEDED, {"most": most}).all()
    found = get_downloads(conn, [row.id for row in rows])
    return [Seeded(found[row.id], row.seed_minutes, row.seed_ratio) for row in rows]


def is_shared(conn: Connection, download_id: int) -> bool:
    """Whether another request still needs the same torrent."""
    shared: bool = conn.execute(_SHARED, {"id": download_id}).scalar_one()
    return shared


def clients_of(found: Sequence[Seeded]) -> dict[int, list[Seeded]]:
    """The same by client; without those whose client is not set up any more."""
    by_client: dict[int, list[Seeded]] = {}
    for each in found:
        if each.download.client_id is not None:
            by_client.setdefault(each.download.client_id, []).append(each)
    return by_client
