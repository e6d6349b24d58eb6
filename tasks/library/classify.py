"""What a file is, by where it lies below the watched folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tasks.library import names

Kind = Literal["movie", "episode"]
Rejection = Literal["too-deep", "loose-file", "series-off"]

#: The deepest that an episode lies: series folder, season folder.
DEEPEST = 2

#: Why a video is left out, for people: "3 <reason>".
REASONS: dict[Rejection, str] = {
    "too-deep": "more than two folders deep",
    "loose-file": "loose in the watched folder, where movies are not scanned",
    "series-off": "in folders, where series are not scanned",
}


@dataclass(frozen=True)
class Place:
    """Where a video belongs. Folders are relative to the watched folder; a movie has none of the series' fields."""

    kind: Kind
    series_folder: str | None = None
    season_number: int | None = None
    season_folder: str | None = None


def rejection(depth: int, *, movies: bool, series: bool) -> Rejection | None:
    """Why a video that lies `depth` folders below the watched one is left out; None where it is taken."""
    if depth == 0:
        return None if movies else "loose-file"
    if not series:
        return "series-off"
    return "too-deep" if depth > DEEPEST else None


def place(relative: str) -> Place:
    """Where the video at this path below the watched folder belongs: loose is a movie, in a folder an episode.

    Raises:
        ValueError: it lies too deep to belong anywhere.
    """
    *folders, _ = relative.split("/")
    match folders:
        case []:
            return Place("movie")
        case [series]:
            return Place("episode", series, 0)
        case [series, season]:
            return Place("episode", series, names.season_number(season) or 0, f"{series}/{season}")
    raise ValueError(f"{relative!r} lies {len(folders)} folders deep")
