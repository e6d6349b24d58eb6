"""Collections: picked by hand, by rules, or both."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Json, Moment

#: What can be in a collection: the column of `collection_items`, and the table that it points into.
MEMBERS = {
    "video_id": "videos",
    "gallery_id": "galleries",
    "image_id": "images",
    "track_id": "audio_tracks",
}


class Collection(Base):
    """A list of items with a name."""

    __tablename__ = "collections"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    #: `manual`, `dynamic` (by its rules) or `hybrid` (both).
    mode: Mapped[str] = mapped_column(Text, server_default="manual")
    rules: Mapped[Json | None] = mapped_column(JSONB)
    #: Counts what asks for the rules to be evaluated again: other rules, a changed library.
    revision: Mapped[int] = mapped_column(server_default="1")
    #: The revision that the items are of.
    refreshed_revision: Mapped[int | None]
    last_refreshed_at: Mapped[Moment | None]
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        Index("uq_collections_name", text("lower(name)"), unique=True),
        CheckConstraint("mode IN ('manual', 'dynamic', 'hybrid')", name="mode"),
        CheckConstraint("(mode = 'manual') = (rules IS NULL)", name="rules"),
    )


class DeletedCollection(Base):
    """A collection that was deleted not long ago, and what was picked for it by hand: enough to take that back."""

    __tablename__ = "deleted_collections"

    #: What it had as a collection, and has again where it is taken back.
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    rules: Mapped[Json | None] = mapped_column(JSONB)
    is_nsfw: Mapped[bool]
    created_at: Mapped[Moment]
    #: Rows of `collection_items`.
    picked: Mapped[list[Json]] = mapped_column(JSONB)
    deleted_at: Mapped[CreatedAt]


class CollectionItem(Base):
    """One item of a collection; exactly one of the four columns names it."""

    __tablename__ = "collection_items"

    id: Mapped[Id]
    collection_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("collections.id", ondelete="CASCADE"))
    video_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"))
    gallery_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("galleries.id", ondelete="CASCADE"))
    image_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("images.id", ondelete="CASCADE"))
    track_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("audio_tracks.id", ondelete="CASCADE"))
    #: `manual` or `dynamic`.
    source: Mapped[str] = mapped_column(Text)
    sort_order: Mapped[int] = mapped_column(BigInteger, server_default="0")
    added_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint(f"num_nonnulls({', '.join(MEMBERS)}) = 1", name="one_item"),
        CheckConstraint("source IN ('manual', 'dynamic')", name="source"),
        Index("ix_collection_items_order", "collection_id", "sort_order", "id"),
        # Each item is in one of these, not in all four. The item comes first, so that the index also serves whoever
        # deletes it.
        *(
            Index(
                f"uq_collection_items_{column}",
                column,
                "collection_id",
                unique=True,
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in MEMBERS
        ),
    )
