"""A picture that somebody's proposal names: fetched within bounds, looked at in the media child, kept as our JPEG."""

from __future__ import annotations

from pathlib import Path

from tasks.clients.addresses import Origin
from tasks.clients.web import Bounds, Web
from tasks.media.limits import Limits
from tasks.media.staging import staged
from tasks.media.tools import MediaTools

NAME = "thumbnail-custom.jpg"
#: What a preview writes in the same folder is staged under another name.
PREFIX = ".custom-"
BOUNDS = Bounds(size=20 << 20, seconds=20)
LIMITS = Limits(wall=30, silence=30, cpu=20)
#: Pixels; larger ones are shrunk.
BOX = (1920, 1080)
QUALITY = 90


def keep_picture(web: Web, tools: MediaTools, url: str, out: Path, trusted: frozenset[Origin]) -> str:
    """Fetch a picture and keep it in the folder `out`; returns its file name.

    It may come from public addresses and from `trusted` origins.

    Raises:
        PermanentError: it may not be fetched, is too large, or is no picture, in a sentence or the decoder's words.
        TransientError: its server is away or too slow.
        CancelledError: the work was asked to stop.
    """
    content = web.get(url, trusted, BOUNDS, tools.control)
    with staged(out, prefix=PREFIX) as folder:
        fetched = folder / "fetched"
        fetched.write_bytes(content)
        tools.ask("cover", fetched, LIMITS, file=str(folder / NAME), box=BOX, quality=QUALITY)
        fetched.unlink()
    return NAME
