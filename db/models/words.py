"""The words that files share: tags, people, studios. All are found without regard to case."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id


class Tag(Base):
    """A word that describes."""

    __tablename__ = "tags"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_tags_name", text("lower(name)"), unique=True),)


class Performer(Base):
    """A person who is seen or heard."""

    __tablename__ = "performers"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_performers_name", text("lower(name)"), unique=True),)


class Studio(Base):
    """Who made it."""

    __tablename__ = "studios"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_studios_name", text("lower(name)"), unique=True),)


#: What carries words, by the name that its link tables begin with.
CARRIERS = {"video": "videos", "gallery": "galleries", "image": "images", "track": "audio_tracks"}


def _link(carrier: str, word: str) -> Table:
    return Table(
        f"{carrier}_{word}s",
        Base.metadata,
        *(
            Column(f"{end}_id", BigInteger, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True)
            for end, table in ((carrier, CARRIERS[carrier]), (word, f"{word}s"))
        ),
        Index(None, f"{word}_id"),
    )


#: `video_tags`, `video_performers`, `gallery_tags` and so on: which carries which.
LINKS = tuple(_link(carrier, word) for carrier in CARRIERS for word in ("tag", "performer"))
