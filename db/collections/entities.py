"""What can be in a collection: each kind of item, and how its rows are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, FromClause, Table, exists, func, or_

from db.models import Archive, AudioTrack, Base, Gallery, Image, Video, VideoEpisode, VideoSeason, VideoSeries

EntityName = Literal["video", "gallery", "image", "audio-track"]

videos, galleries, images, tracks, archives, episodes, seasons, series = (
    Base.metadata.tables[model.__tablename__]
    for model in (Video, Gallery, Image, AudioTrack, Archive, VideoEpisode, VideoSeason, VideoSeries)
)


@dataclass(frozen=True)
class Entity:
    """One kind of item."""

    name: EntityName
    #: In sentences.
    plural: str
    #: The column of `collection_items` that names such an item.
    member: str
    #: What its link tables begin with: `video_tags`.
    carrier: str
    table: Table
    #: The table, joined with what its fields and its place need; one row for each of its rows.
    source: FromClause
    #: Whether the item is there: its file was not found missing.
    present: ColumnElement[bool]
    #: Where it lies, which is also the order in which new items are added: pages and episodes in their order.
    path: ColumnElement[str]

    @property
    def id(self) -> Column[Any]:
        """The item's id."""
        return self.table.c.id

    def links(self, word: str) -> Table:
        """Its link table with `tag` or `performer`."""
        return Base.metadata.tables[f"{self.carrier}_{word}s"]


_WITH_SERIES = (
    videos.outerjoin(episodes, episodes.c.video_id == videos.c.id)
    .outerjoin(seasons, seasons.c.id == episodes.c.season_id)
    .outerjoin(series, series.c.id == seasons.c.series_id)
)
#: A gallery is gone with its archive, or with all of its pictures.
_GALLERY_IS_THERE = archives.c.missing_since.is_(None) & or_(
    galleries.c.image_count > 0, ~exists().where(images.c.gallery_id == galleries.c.id)
)
_WITH_ARCHIVE = galleries.outerjoin(archives, archives.c.id == galleries.c.archive_id)

ENTITIES: dict[EntityName, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            "video",
            "videos",
            "video_id",
            "video",
            videos,
            _WITH_SERIES,
            videos.c.missing_since.is_(None),
            videos.c.file_path,
        ),
        Entity(
            "gallery",
            "galleries",
            "gallery_id",
            "gallery",
            galleries,
            _WITH_ARCHIVE,
            _GALLERY_IS_THERE,
            func.coalesce(galleries.c.folder_path, archives.c.file_path),
        ),
        Entity(
            "image",
            "pictures",
            "image_id",
            "image",
            images,
            images,
            images.c.missing_since.is_(None),
            images.c.file_path,
        ),
        Entity(
            "audio-track",
            "audio tracks",
            "track_id",
            "track",
            tracks,
            tracks,
            tracks.c.missing_since.is_(None),
            tracks.c.file_path,
        ),
    )
}
