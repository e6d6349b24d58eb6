"""A library of everything that can be in a collection, random and with gaps, known to Python as to PostgreSQL."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from db.models import Base
from tests.rows import add_folder

TAGS = ("Noir", "noir et blanc", "ÉTÉ", "100%", "under_score")
PERFORMERS = ("Ada Lovelace", "Blaise Pascal", "Ératosthène")
STUDIOS = ("Ufa", "Pathé", "Nero")
TITLES = ("Été", "éTÉ 100%", "a_b", "axb", "M", "Metropolis", "back\\slash", "50%", "5000", "Noir/Blanc")
CODECS, FORMATS = ("h264", "H264", "hevc"), ("png", "jpeg", "JPEG")
HEIGHTS = (240, 719, 720, 1079, 1080, 2159, 2160, 4320)


@dataclass
class Item:
    """One row, as a person sees it: by the names of the rules' fields."""

    id: int
    facts: dict[str, Any]
    missing: bool = False


@dataclass
class Library:
    """All rows, by kind."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    series: list[int] = field(default_factory=list)


class Maker:
    """Writes a random library."""

    def __init__(self, conn: Connection, seed: int) -> None:
        self.conn, self.random, self.library = conn, random.Random(seed), Library()
        self.root = add_folder(conn, "/media")
        self.ids = {
            table: {name: self.add(table, name=name) for name in names}
            for table, names in (("tags", TAGS), ("performers", PERFORMERS), ("studios", STUDIOS))
        }
        self.numbers = iter(range(10_000))

    def add(self, table: str, **values: Any) -> int:
        of = Base.metadata.tables[table]
        return self.conn.execute(insert(of).values(values).returning(of.c.id)).scalar_one()

    def maybe(self, value: Any) -> Any:
        return value if self.random.random() < 0.75 else None

    def one(self, among: Any) -> Any:
        return self.random.choice(among)

    def common(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Columns that all kinds share, and the same as facts."""
        days = self.one([0, 1, 2, 3, 10, 400])
        made = datetime.now(UTC) - timedelta(days=days)
        studio = self.maybe(self.one(STUDIOS))
        columns = {
            "library_root_id": self.root,
            "title": self.one(TITLES),
            "rating": self.maybe(self.one([0, 50, 51, 100])),
            "organized": self.one([True, False]),
            "is_nsfw": self.one([True, False]),
            "created_at": made,
            "studio_id": studio and self.ids["studios"][studio],
        }
        facts = {
            "title": columns["title"],
            "rating": columns["rating"],
            "organized": columns["organized"],
            "isNsfw": columns["is_nsfw"],
            "createdAt": made.date(),
            "studio": studio,
        }
        return columns, facts

    def file(self) -> dict[str, Any]:
        number = next(self.numbers)
        return {
            "file_path": f"/media/{number}",
            "file_size": self.one([10, 1000, 5_000_000_000]),
            "file_mtime_ns": 1,
            "missing_since": None if self.random.random() < 0.9 else datetime.now(UTC),
        }

    def words(self, carrier: str, item: int, facts: dict[str, Any]) -> None:
        for word, table, names in (("tag", "tags", TAGS), ("performer", "performers", PERFORMERS)):
            chosen = self.random.sample(names, self.one([0, 0, 1, 2]))
            for name in chosen:
                link = Base.metadata.tables[f"{carrier}_{table}"]
                self.conn.execute(insert(link).values({f"{carrier}_id": item, f"{word}_id": self.ids[table][name]}))
            facts[table] = chosen

    def keep(self, kind: str, carrier: str, item: int, facts: dict[str, Any], missing: Any) -> None:
        self.words(carrier, item, facts)
        self.library.items.setdefault(kind, []).append(Item(item, facts, bool(missing)))

    def show(self) -> None:
        """A series with a season; its studio is that of its episodes."""
        studio = self.maybe(self.one(STUDIOS))
        number = self.add(
            "video_series",
            library_root_id=self.root,
            folder_path=f"/media/show {next(self.numbers)}",
            title="Show",
            studio_id=studio and self.ids["studios"][studio],
        )
        self.library.series.append(number)
        season = self.add("video_seasons", series_id=number, season_number=1)
        for _ in range(6):
            self.video(number, season, studio)

    def video(self, series: int | None = None, season: int | None = None, studio: str | None = None) -> None:
        columns, facts = self.common()
        file = self.file()
        more = {
            "duration": self.maybe(self.one([0.5, 60, 5400.25])),
            "height": self.maybe(self.one(HEIGHTS)),
            "codec": self.maybe(self.one(CODECS)),
            "play_count": self.one([0, 1, 7]),
            "released": self.maybe(self.one([date(1927, 1, 10), date(2024, 2, 29), datetime.now(UTC).date()])),
        }
        number = self.add("videos", kind="episode" if season else "movie", **columns, **file, **more)
        if season:
            self.conn.execute(
                text("INSERT INTO video_episodes (video_id, season_id) VALUES (:v, :s)"), {"v": number, "s": season}
            )
        facts |= {
            "studio": facts["studio"] or studio,
            "fileSize": file["file_size"],
            "duration": more["duration"],
            "resolution": _resolution(more["height"]),
            "codec": more["codec"],
            "playCount": more["play_count"],
            "date": more["released"],
            "videoSeriesId": series,
        }
        self.keep("video", "video", number, facts, file["missing_since"] is not None)

    def gallery(self) -> None:
        columns, facts = self.common()
        kind, file = self.one(["folder", "archive"]), self.file()
        count = self.one([0, 1, 30])
        place = (
            {"folder_path": file["file_path"]}
            if kind == "folder"
            else {"archive_id": self.add("archives", library_root_id=self.root, **file)}
        )
        number = self.add("galleries", kind=kind, image_count=count, **columns, **place)
        lost = count == 0 and self.maybe(True)
        if lost:
            gone = self.file() | {"missing_since": datetime.now(UTC)}
            self.add("images", library_root_id=self.root, gallery_id=number, title="gone", **gone)
        facts |= {"galleryType": kind, "imageCount": count}
        missing = lost or (kind == "archive" and file["missing_since"] is not None)
        self.keep("gallery", "gallery", number, facts, missing)

    def image(self) -> None:
        columns, facts = self.common()
        file = self.file()
        more = {
            "width": self.maybe(self.one([64, 640, 4000])),
            "height": self.maybe(self.one([64, 480, 3000])),
            "format": self.maybe(self.one(FORMATS)),
        }
        number = self.add("images", **columns, **file, **more)
        facts |= more | {"fileSize": file["file_size"]}
        self.keep("image", "image", number, facts, file["missing_since"] is not None)

    def track(self) -> None:
        columns, facts = self.common()
        file = self.file()
        more = {
            "duration": self.maybe(self.one([1.5, 3600])),
            "codec": self.maybe(self.one(("mp3", "FLAC"))),
            "channels": self.maybe(self.one([1, 2])),
            "artist": self.maybe(self.one(TITLES)),
            "album": self.maybe(self.one(TITLES)),
            "narrator": self.maybe(self.one(TITLES)),
            "year": self.maybe(self.one([1990, 2024])),
        }
        counts = {"bit_rate": self.maybe(self.one([64_000, 320_000])), "play_count": self.one([0, 3])}
        number = self.add("audio_tracks", **columns, **file, **more, **counts)
        facts |= more | {
            "fileSize": file["file_size"],
            "bitRate": counts["bit_rate"],
            "playCount": counts["play_count"],
        }
        self.keep("audio-track", "track", number, facts, file["missing_since"] is not None)


def _resolution(height: int | None) -> str | None:
    if height is None:
        return None
    return "4K" if height >= 2160 else "1080p" if height >= 1080 else "720p" if height >= 720 else "480p"


def random_library(conn: Connection, seed: int = 7) -> Library:
    """Some of everything."""
    maker = Maker(conn, seed)
    for _ in range(4):
        maker.show()
    for _ in range(25):
        maker.video()
        maker.gallery()
        maker.image()
        maker.track()
    return maker.library
