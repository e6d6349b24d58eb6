"""Pictures that move: GIF, WebP, AVIF and PNG animations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tasks.media.child.image.clip import SECONDS, Moment
from tasks.media.child.image.opening import Loaded, Size
from tasks.media.child.image.rendering import render

#: The others with several pictures hold pages, or two views of one moment.
FORMATS = frozenset({"GIF", "WEBP", "AVIF", "PNG"})
#: As browsers do it: a picture for which so few milliseconds are given is shown for this long (seconds).
TOO_SHORT, INSTEAD = 10, 0.1


def is_animated(loaded: Loaded) -> bool:
    """Whether it has a second picture to show after the first."""
    if loaded.image.format not in FORMATS:
        return False
    with suppress(Exception):  # what its decoder cannot say is no reason not to show the first picture
        return bool(getattr(loaded.image, "is_animated", False))
    return False


def moments(loaded: Loaded, size: Size) -> Iterator[Moment]:
    """Its pictures, rendered to `size`, as far as a clip goes; a file that breaks off ends sooner."""
    start, number = 0.0, 0
    while start < SECONDS:
        try:
            loaded.image.seek(number)
            loaded.image.load()
        except MemoryError:
            raise
        except Exception:  # EOFError at the end, anything in a damaged file
            return
        length = _seconds(loaded.image.info.get("duration"))
        yield Moment(start, length, render(loaded.image, size, loaded.orientation))
        start, number = start + length, number + 1


def _seconds(milliseconds: object) -> float:
    known = milliseconds if isinstance(milliseconds, int | float) else 0
    return known / 1000 if known > TOO_SHORT else INSTEAD
