"""The picture of a book, beside its files: the download's own, else the one that a catalogue shows."""

from __future__ import annotations

from pathlib import Path

from tasks.clients.web import Bounds, Web
from tasks.errors import PermanentError, TransientError
from tasks.media.limits import Limits
from tasks.media.tools import MediaTools
from tasks.requests.organize.kinds import Book

COVER = "cover.jpg"
LIMITS = Limits(wall=60, silence=60, cpu=30)
#: Pixels that it fits into, and Pillow's quality.
BOX, QUALITY = (2400, 2400), 90
BOUNDS = Bounds(16 << 20, 60)


def make_cover(tools: MediaTools, web: Web, picture: Path | None, book: Book, out: Path, *, fetch: bool) -> str | None:
    """Write `cover.jpg` to the folder `out`; returns the reason, in a sentence, where there is none but could be one.

    A picture of somebody else's is decoded and written anew. One from elsewhere is fetched from public addresses only.

    Raises:
        TransientError: the disk fails.
        CancelledError: somebody wants it to stop.
    """
    if picture is not None:
        return _written(tools, picture, out)
    if not (fetch and book.cover_url):
        return None
    fetched = out / ".fetched"
    try:
        fetched.write_bytes(web.get(book.cover_url, frozenset(), BOUNDS, tools.control))
        return _written(tools, fetched, out)
    except (PermanentError, TransientError) as error:
        return f"The cover could not be fetched: {error}"
    finally:
        fetched.unlink(missing_ok=True)


def _written(tools: MediaTools, picture: Path, out: Path) -> str | None:
    try:
        tools.ask("cover", picture, LIMITS, file=str(out / COVER), box=BOX, quality=QUALITY)
    except PermanentError as error:
        return f"The picture {picture.name.lstrip('.')} is no cover: {error}"
    return None
