"""From a wish to the shelf with real programs: an indexer over HTTP, download clients, library servers over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from db.requests import CLIENTS, INDEXERS, SHELVES
from db.selection import run_queue
from tasks.clients.downloads.types import ClientSettings
from tests.integration.organize.conftest import sound
from tests.stubs.audiobookshelf import LIBRARY, AudiobookshelfStub
from tests.stubs.indexer import IndexerServer
from tests.stubs.plex import PlexStub
from tests.stubs.shelf import TOKEN, ShelfStub

if TYPE_CHECKING:
    from tests.integration.requests.conftest import Books

#: As a request passes through them.
QUEUES = ("search_indexers", "download_torrent", "monitor_download", "organize_files", "cleanup_seeded_torrents")
RECENT = "plex_recently_added_check"
#: How a request goes that nothing keeps.
WAY = ["pending", "searching", "downloading", "downloading", "processing", "downloaded", "available"]
SHELVES_BY_KIND: dict[str, tuple[type[ShelfStub], str]] = {
    "plex": (PlexStub, "1"),
    "audiobookshelf": (AudiobookshelfStub, LIBRARY),
}
#: Megabytes a minute count for a release, so the indexer claims as many as a book has.
SIZE = 300 << 20
ASIN = "B002V1OF70"


@dataclass
class Home:
    """What somebody has at home, set up in Darkroom."""

    books: Books
    indexer: IndexerServer
    shelf: ShelfStub
    library: Path
    #: What Prefect would keep, by the names of its blocks.
    keys: Mapping[str, str]

    def work_off(self, *queues: str) -> None:
        """Run the flows of these queues, one after another, each until nothing is due."""
        for queue in queues:
            self.books.work_off(queue)

    def look_at_shelf(self) -> None:
        """What the schedule does every five minutes."""
        with self.books.engine.begin() as conn:
            run_queue(conn, RECENT, trigger="schedule")
        self.books.work_off(RECENT)

    def ask(self, title: str) -> int:
        """Ask for a book; returns the request's id."""
        return self.books.ask(title, asin=ASIN, runtime_minutes=300)

    def offer(self, title: str, content: bytes, protocol: str = "torrent", *, good: bool = True) -> None:
        """Have the indexer list a release of a book, made elsewhere."""
        name = f"Jane Doe - {title} [{'M4B' if good else 'MP3'}]"
        self.indexer.offer(name, protocol=protocol, size=SIZE, seeders=20, served=content)

    def filed(self) -> list[str]:
        """All files in the library, hidden ones too."""
        return sorted(str(each.relative_to(self.library)) for each in self.library.rglob("*") if each.is_file())

    def jobs(self) -> dict[str, list[str]]:
        """How the jobs of each queue ended."""
        found: dict[str, list[str]] = {}
        for queue, status in self.books.sql("SELECT queue_name, status FROM job_runs ORDER BY id"):
            found.setdefault(queue, []).append(status)
        return found


def set_up(books: Books, indexer: IndexerServer, shelf: ShelfStub, client: ClientSettings) -> dict[str, str]:
    """Set up an indexer, a download client and a library server; returns the keys that Prefect would keep."""
    feed = "newznab" if client.kind == "nzbget" else "torznab"
    books.set_up(INDEXERS, name="Books", kind=feed, url=f"{indexer.url}/{feed}", secret_block="i")
    books.set_up(CLIENTS, name="Client", kind=client.kind, url=client.url, username=client.username, secret_block="c")
    kind = next(kind for kind, (stub, _) in SHELVES_BY_KIND.items() if isinstance(shelf, stub))
    books.set_up(SHELVES, name="Home", kind=kind, url=shelf.url, secret_block="s", library_id=SHELVES_BY_KIND[kind][1])
    return {"i": "k3y", "c": client.password, "s": TOKEN}


def recording(folder: Path, title: str, parts: int = 2, seconds: float = 20) -> dict[str, bytes]:
    """The parts of a real audiobook."""
    made = (sound(folder / title / f"{number:02}.mp3", seconds, 200 * number) for number in range(1, parts + 1))
    return {each.name: each.read_bytes() for each in made}
