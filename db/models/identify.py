"""Where videos are looked up by their hashes, and what was found there."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Json, Moment


class StashBox(Base):
    """A server that knows videos by their hashes. Its key lies in Prefect, encrypted, as the block of this name."""

    __tablename__ = "stash_boxes"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str] = mapped_column(Text, unique=True)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    secret_block: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class IdentifyResult(Base):
    """A proposal of what a video is: from a stash-box, or handed in through the API."""

    __tablename__ = "identify_results"

    id: Mapped[Id]
    video_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"))
    #: The endpoint of the stash-box that it came from, or what somebody who handed it in calls its source.
    source: Mapped[str] = mapped_column(Text)
    #: What it is called there.
    remote_id: Mapped[str | None] = mapped_column(Text)
    #: How well it fits; 100 is best.
    score: Mapped[int] = mapped_column(SmallInteger, server_default="100")
    #: Why it is proposed, such as the hash that matched and by how many bits it differs.
    matched_by: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    #: By field: see `tasks.identify.proposal`.
    proposed: Mapped[Json] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text, server_default="pending")
    #: The fields that the person chose.
    chosen: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[Moment | None]
    applied_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("video_id", "source", "remote_id"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("status IN ('pending', 'accepted', 'rejected')", name="status"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(status = 'accepted') = (chosen IS NOT NULL)", name="chosen"),
        CheckConstraint("applied_at IS NULL OR status = 'accepted'", name="applied"),
        Index("ix_identify_results_best", "status", text("score DESC"), text("id DESC")),
        Index(
            "ix_identify_results_to_apply", "id", postgresql_where=text("status = 'accepted' AND applied_at IS NULL")
        ),
    )


class VideoExternalId(Base):
    """What a video is called elsewhere."""

    __tablename__ = "video_external_ids"

    video_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    remote_id: Mapped[str] = mapped_column(Text)
