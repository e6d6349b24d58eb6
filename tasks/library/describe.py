"""All that can be said of a video from where it lies and what lies beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tasks.library import files, info_json, names, nfo
from tasks.library.classify import Kind, place
from tasks.library.metadata import NOTHING, Metadata, merge

#: Called with a sidecar's path and why it was not read.
Refused = Callable[[str, str], None]


@dataclass(frozen=True)
class Description:
    """What folder and file name say. Folders are relative to the watched folder; a movie has no series."""

    kind: Kind
    title: str
    series_folder: str | None = None
    series_title: str | None = None
    season_number: int | None = None
    season_folder: str | None = None
    episode: int | None = None
    absolute: int | None = None
    year: int | None = None


def describe(relative: str) -> Description:
    """Read the path of a video below the watched folder.

    Raises:
        ValueError: it lies too deep to be anything, see `classify`.
    """
    where, name = place(relative), PurePosixPath(relative).name
    if where.series_folder is None:
        movie = names.movie(name)
        return Description(where.kind, movie.title or names.plain_title(name), year=movie.year)
    episode = names.episode(name)
    return Description(
        where.kind,
        episode.title or names.plain_title(name),
        where.series_folder,
        names.readable(where.series_folder),
        where.season_number,
        where.season_folder,
        episode.episode,
        episode.absolute,
        episode.year,
    )


def metadata_beside(folder: str, root: str, nfo_name: str | None, info_name: str | None, refused: Refused) -> Metadata:
    """What the metadata files beside a video say; the NFO wins, the JSON fills its gaps. `root` is free of links."""
    said = NOTHING
    for name, limit, parse in ((nfo_name, nfo.LIMIT, nfo.parse), (info_name, info_json.LIMIT, info_json.parse)):
        if name is None:
            continue
        path = f"{folder}/{name}"
        try:
            said = merge(said, parse(files.read_small(path, root, limit)))
        except (OSError, ValueError) as error:
            refused(path, getattr(error, "strerror", None) or str(error))
    return said
