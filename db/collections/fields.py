"""THE table of fields that rules may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, Table, case, cast, func

from db.collections.entities import ENTITIES, Entity, EntityName, series
from db.collections.kinds import Choice, Day, Flag, Id, Kind, Link, Name, Names, Number, Words
from db.collections.operators import PRESENCE, Operator
from db.models import Base

_TABLES = Base.metadata.tables


@dataclass(frozen=True)
class Field:
    """One field: its kind, what it is of each kind of item that has it, and whether it may be unknown."""

    kind: Kind
    subjects: Mapping[EntityName, Any]
    nullable: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What can be asked of it."""
        return (*self.kind.operators, *(PRESENCE if self.nullable else ()))


def _field(kind: Kind, subject: str | Callable[[Entity], Any], *names: EntityName, nullable: bool = False) -> Field:
    """A field of these kinds of items, of all where none is named: a column of that name, or what is made of them."""
    entities = [ENTITIES[name] for name in names or ENTITIES]
    if isinstance(subject, str):
        return Field(kind, {entity.name: entity.table.c[subject] for entity in entities}, nullable)
    return Field(kind, {entity.name: subject(entity) for entity in entities}, nullable)


def _link(word: str) -> Callable[[Entity], Link]:
    def link(entity: Entity) -> Link:
        table: Table = entity.links(word)
        return Link(entity.id, table.c[f"{entity.carrier}_id"], table.c[f"{word}_id"])

    return link


def _studio(entity: Entity) -> Any:
    """Episodes have their series' studio, unless they have one of their own."""
    own = entity.table.c.studio_id
    return func.coalesce(own, series.c.studio_id) if entity.name == "video" else own


def _resolution(entity: Entity) -> Any:
    height = entity.table.c.height
    return case((height >= 2160, "4K"), (height >= 1080, "1080p"), (height >= 720, "720p"), (height >= 0, "480p"))


FIELDS: dict[str, Field] = {
    "title": _field(Words(), "title"),
    "rating": _field(Number(), "rating", nullable=True),
    "date": _field(Day(), "released", "video", nullable=True),
    "organized": _field(Flag(), "organized"),
    "isNsfw": _field(Flag(), "is_nsfw"),
    "tags": _field(Names(_TABLES["tags"]), _link("tag"), nullable=True),
    "performers": _field(Names(_TABLES["performers"]), _link("performer"), nullable=True),
    "studio": _field(Name(_TABLES["studios"]), _studio, nullable=True),
    "createdAt": _field(Day(), lambda entity: cast(entity.table.c.created_at, Date)),
    "fileSize": _field(Number(), "file_size", "video", "image", "audio-track"),
    "duration": _field(Number(), "duration", "video", "audio-track", nullable=True),
    "resolution": _field(Choice("4K", "1080p", "720p", "480p"), _resolution, "video", nullable=True),
    "codec": _field(Words(), "codec", "video", "audio-track", nullable=True),
    "playCount": _field(Number(), "play_count", "video", "audio-track"),
    "videoSeriesId": _field(Id(), lambda _: series.c.id, "video", nullable=True),
    "galleryType": _field(Choice("folder", "archive"), "kind", "gallery"),
    "imageCount": _field(Number(), "image_count", "gallery"),
    "width": _field(Number(), "width", "image", nullable=True),
    "height": _field(Number(), "height", "image", nullable=True),
    "format": _field(Words(), "format", "image", nullable=True),
    "bitRate": _field(Number(), "bit_rate", "audio-track", nullable=True),
    "channels": _field(Number(), "channels", "audio-track", nullable=True),
    "artist": _field(Words(), "artist", "audio-track", nullable=True),
    "album": _field(Words(), "album", "audio-track", nullable=True),
    "narrator": _field(Words(), "narrator", "audio-track", nullable=True),
    "year": _field(Number(), "year", "audio-track", nullable=True),
}
