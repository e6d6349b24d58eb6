"""What stands on a card of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import RowMapping

from db.generated import address
from ops_api.columns import CARDS_USUAL
from ops_api.words import runtime, size

#: By the short side of the picture, pixels: what a resolution is called.
RESOLUTIONS = ((2160, "4K"), (1440, "1440p"), (1080, "1080p"), (720, "720p"), (480, "480p"))


@dataclass(frozen=True)
class Card:
    """One thing of the library. Empty words are not shown."""

    number: int
    title: str
    page: str
    #: A line below the title.
    about: str = ""
    #: The picture that shows it.
    picture: str | None = None
    #: In a corner of the picture each: how sharp or how many, how long.
    badge: str = ""
    length: str = ""
    clip: str | None = None
    sprite: str | None = None
    trickplay: str | None = None
    #: More lines below the title.
    facts: tuple[str, ...] = ()


Facts = Mapping[str, Callable[[RowMapping], str]]

#: What can be said of a video below its picture, besides what it belongs to.
FACTS: Facts = {
    "added": lambda row: f"found {row['created_at']:%Y-%m-%d}",
    "size": lambda row: size(row["file_size"]),
    "codec": lambda row: row["codec"] or "codec not known yet",
    "path": lambda row: row["file_path"],
}
#: The same of a gallery, and of a folder of audio.
TREE_FACTS: Facts = {
    "added": FACTS["added"],
    "rating": lambda row: "not rated" if row["rating"] is None else f"rated {row['rating']} of 100",
    "path": lambda row: row["path"],
}


def video_card(row: RowMapping, columns: Sequence[str] = CARDS_USUAL) -> Card:
    """The card of a video, with these lines below its picture."""
    number = row["id"]
    version = int(row["updated_at"].timestamp())
    served = {
        column: address("videos", number, column, row[column], version)
        for column in (
            "custom_thumbnail_path",
            "card_thumbnail_path",
            "preview_path",
            "sprite_path",
            "trickplay_vtt_path",
        )
    }
    scrubs = served["sprite_path"] and served["trickplay_vtt_path"]
    return Card(
        number,
        row["title"],
        f"/library/videos/{number}",
        about=belongs(row) if "about" in columns else "",
        facts=_facts(row, columns, FACTS),
        picture=served["custom_thumbnail_path"] or served["card_thumbnail_path"],
        badge=resolution(row["width"], row["height"]),
        length=runtime(row["duration"]) if row["duration"] else "",
        clip=served["preview_path"],
        sprite=served["sprite_path"] if scrubs else None,
        trickplay=served["trickplay_vtt_path"] if scrubs else None,
    )


def gallery_card(row: RowMapping, columns: Sequence[str] = CARDS_USUAL) -> Card:
    """The card of a gallery."""
    version = int(row["updated_at"].timestamp()) if row["updated_at"] else None
    return Card(
        row["id"],
        row["title"],
        f"/library/galleries/{row['id']}",
        about=_with(row["galleries"], "gallery", "galleries") if "about" in columns else "",
        facts=_facts(row, columns, TREE_FACTS),
        picture=address("images", row["cover_id"], "thumbnail_path", row["thumbnail_path"], version),
        badge="archive" if row["kind"] == "archive" else "",
        length=f"{row['image_count']:,}" if row["image_count"] else "",
    )


def picture_card(row: RowMapping) -> Card:
    """The card of a picture; one that moves plays."""
    number, version = row["id"], int(row["updated_at"].timestamp())
    return Card(
        number,
        row["title"],
        f"/library/pictures/{number}",
        picture=address("images", number, "thumbnail_path", row["thumbnail_path"], version),
        badge="moves" if row["is_animated"] else "",
        clip=address("images", number, "preview_path", row["preview_path"], version),
    )


def audio_card(row: RowMapping, columns: Sequence[str] = CARDS_USUAL) -> Card:
    """The card of an audio library."""
    return Card(
        row["id"],
        row["title"],
        f"/library/audio/{row['id']}",
        about=_holds(row) if "about" in columns else "",
        facts=_facts(row, columns, TREE_FACTS),
        picture=cover(row, row["cover_id"]),
        length=runtime(row["seconds"]) if row["seconds"] else "",
    )


def track_card(row: RowMapping) -> Card:
    """The card of an audio track."""
    number, version = row["id"], int(row["updated_at"].timestamp())
    return Card(
        number,
        row["title"],
        f"/library/tracks/{number}",
        about=row["artist"] or "",
        picture=address("audio-tracks", number, "cover_path", row["cover_path"], version),
        length=runtime(row["duration"]) if row["duration"] else "",
    )


def cover(row: RowMapping, library_id: int | None) -> str | None:
    """Where the cover of an audio library is served; it has another address when it was made of another picture."""
    version = crc32((row["cover_made_from"] or "").encode())
    return address("audio-libraries", library_id or 0, "cover_path", row["cover_path"], version)


def _holds(row: RowMapping) -> str:
    said = (_with(row["track_count"], "track", "tracks"), _with(row["libraries"], "folder", "folders"))
    return " · ".join(filter(None, said))


def _facts(row: RowMapping, columns: Sequence[str], known: Facts) -> tuple[str, ...]:
    return tuple(known[name](row) for name in columns if name in known)


def _with(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""


def belongs(row: RowMapping) -> str:
    """Where a video belongs: "Lanterns · S01E02", or the year of a movie."""
    if row["series"] is None:
        return str(row["year"]) if row["year"] else ""
    place = "" if row["season_number"] is None else f"S{row['season_number']:02}"
    if row["episode_number"] is not None:
        place += f"E{row['episode_number']:02}"
    return f"{row['series']} · {place}" if place else str(row["series"])


def resolution(width: int | None, height: int | None) -> str:
    """What people call a picture of so many pixels, by its short side; empty below 480."""
    short = min(width or 0, height or 0)
    return next((name for least, name in RESOLUTIONS if short >= least), "")
