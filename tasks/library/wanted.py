"""What a walk looks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from tasks.library import covers, files, sidecars
from tasks.library.sidecars import Beside


def _no_sidecars(_: Iterable[str], __: Iterable[str]) -> dict[str, Beside]:
    return {}


def _no_cover(_: Iterable[str], __: str) -> str | None:
    return None


@dataclass(frozen=True)
class Wanted:
    """The files that one kind of scan takes, and what it looks at beside them."""

    #: What each extension stands for: `.jpg` for an `image`.
    kinds: Mapping[str, str]
    #: The extensions of files that say something of those, or of their folder.
    others: Collection[str] = frozenset()
    #: Which of the others belong to which file: `sidecars.assign`.
    assign: Callable[[Iterable[str], Iterable[str]], dict[str, Beside]] = _no_sidecars
    #: Which of the others is the picture of the folder: `covers.best`.
    cover: Callable[[Iterable[str], str], str | None] = _no_cover


VIDEOS = Wanted(dict.fromkeys(files.VIDEO_EXTENSIONS, "video"), sidecars.EXTENSIONS, assign=sidecars.assign)
PICTURES = Wanted(dict.fromkeys(files.PICTURE_EXTENSIONS, "image") | dict.fromkeys(files.ARCHIVE_EXTENSIONS, "archive"))
#: For a folder in which no videos are looked for.
MOVING_PICTURES = Wanted({**PICTURES.kinds, **dict.fromkeys(files.MOVING_EXTENSIONS, "image")})
AUDIO = Wanted(dict.fromkeys(files.AUDIO_EXTENSIONS, "track"), covers.EXTENSIONS, cover=covers.best)
