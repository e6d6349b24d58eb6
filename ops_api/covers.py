"""The covers of requested books: the one that lies beside the files, else the one that was named, fetched once."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine

from darkroom.settings import settings
from db.generated import cover
from db.requests import Book, get_request
from tasks.clients.web import Bounds, Web
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError

logger = logging.getLogger(__name__)

#: What the organizer calls it.
FILED = "cover.jpg"
BOUNDS = Bounds(8 << 20, 10)
#: One that could not be fetched is tried again after so many seconds.
AGAIN = 600.0
#: How pictures begin, and what browsers call them. Nothing else is shown.
KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)

#: One pixel that cannot be seen: browsers mark a picture that is not there as broken.
BLANK = bytes.fromhex("47494638396101000100800000000000000000") + bytes.fromhex(
    "21f90401000000002c00000000010001000002024401003b"
)
#: So many are looked for at once: other servers' slowness is not to hold up everybody else here.
AT_ONCE = 4


class Covers:
    """Finds covers, and remembers which could not be had."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(AT_ONCE)
        self._failed: dict[str, float] = {}

    async def of(self, engine: Engine, request_id: int) -> tuple[Path, str] | None:
        """The file of the cover of a request's book, and its type; None where there is none that can be had.

        Raises:
            RequestNotFoundError: there is no such request.
        """

        def find() -> tuple[Path, str] | None:
            with engine.connect() as conn:
                book = get_request(conn, request_id).book
            return self.find(book)

        return await to_thread.run_sync(find, limiter=self._places)

    def find(self, book: Book) -> tuple[Path, str] | None:
        """The same of a book. What is elsewhere is fetched from public addresses only, and kept if it is a picture."""
        filed = Path(book.folder) / FILED if book.folder else None
        if filed is not None and filed.is_file():
            return filed, "image/jpeg"
        if not book.cover_url or time.monotonic() - self._failed.get(book.cover_url, -AGAIN) < AGAIN:
            return None
        kept = settings().cache / cover(book.cover_url)
        try:
            if not kept.is_file():
                _keep(_fetched(book.cover_url), kept)
            with kept.open("rb") as file:
                return kept, _kind(file.read(16))
        except (PermanentError, TransientError, OSError) as error:
            logger.info("The cover of %s cannot be had: %s", book.title, error)
            self._failed[book.cover_url] = time.monotonic()
            return None


def _fetched(url: str) -> bytes:
    with Web() as web:
        return web.get(url, frozenset(), BOUNDS, NoControl())


def _kind(body: bytes) -> str:
    for start, kind in KINDS:
        if body.startswith(start) and (kind != "image/webp" or body[8:12] == b"WEBP"):
            return kind
    raise PermanentError("It is no picture.")


def _keep(body: bytes, path: Path) -> None:
    """Whole, and only if it is a picture."""
    _kind(body)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(body)
    Path(file.name).replace(path)
