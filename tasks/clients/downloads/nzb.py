"""What an indexer's .nzb file is, before a client gets it."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib

from tasks.clients.downloads.types import Grab
from tasks.errors import PermanentError

NO_NZB = "The indexer's file is no NZB. Choose another release."
GZIP = b"\x1f\x8b"
#: Bytes that a list of articles may have; a book has some hundred kilobytes.
LARGEST = 64 << 20
#: How far from its start the root element stands at most.
HEAD = 8192


def of(grab: Grab) -> bytes:
    """The NZB itself, unpacked where the indexer packed it.

    Raises:
        PermanentError: there is none, or it is too large.
    """
    content = grab.content or b""
    if content.startswith(GZIP):
        content = _unpacked(content)
    if len(content) > LARGEST:
        raise PermanentError(f"The indexer's NZB is larger than {LARGEST >> 20} MiB. Choose another release.")
    if b"<nzb" not in content[:HEAD].lower():
        raise PermanentError(NO_NZB)
    return content


def digest(content: bytes) -> str:
    """The name under which a client knows that it has this NZB already."""
    return f"darkroom-{hashlib.sha256(content).hexdigest()[:32]}"


def file_name(name: str) -> str:
    """The release's name as that of its file, which no client takes for a folder."""
    kept = "".join(letter if letter.isprintable() and letter not in '<>:"/\\|?*' else " " for letter in name)
    return f"{' '.join(kept.split()).strip('.')[:200] or 'release'}.nzb"


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            return packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PermanentError(NO_NZB) from error
