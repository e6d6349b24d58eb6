"""Galleries, the archives that some of them are, and their pictures."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id
from db.models.media import MediaFile, lacking, missing


class Archive(MediaFile, Base):
    """A file that holds pictures: zip, cbz, rar, cbr and their like."""

    __tablename__ = "archives"

    #: The content whose members are known.
    read_revision: Mapped[int | None]
    oshash: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_archives_root", "library_root_id", "file_path"),
        missing("archives"),
        lacking("archives", "read"),
    )


class Gallery(Base):
    """A folder of pictures, or an archive of them."""

    __tablename__ = "galleries"

    id: Mapped[Id]
    library_root_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("library_roots.id", ondelete="CASCADE"), index=True
    )
    #: `folder` or `archive`.
    kind: Mapped[str] = mapped_column(Text)
    folder_path: Mapped[str | None] = mapped_column(Text, unique=True)
    archive_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("archives.id", ondelete="CASCADE"), unique=True
    )
    parent_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("galleries.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(Text)
    overview: Mapped[str | None] = mapped_column(Text)
    #: How many pictures of it are there.
    image_count: Mapped[int] = mapped_column(server_default="0")
    #: 0 to 100.
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    studio_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("studios.id", ondelete="SET NULL"), index=True)
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    organized: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint(
            "kind IN ('folder', 'archive') AND (kind = 'folder') = (folder_path IS NOT NULL)"
            " AND (kind = 'archive') = (archive_id IS NOT NULL)",
            name="kind",
        ),
        CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),
    )


class Image(MediaFile, Base):
    """One picture: a file of its own, or a member of an archive.

    A member's `file_path` is that of its archive, a slash, and its name in it; its size is that of the unpacked member,
    its time the archive's. Pictures of a gallery are in the order of `file_path COLLATE natural_order`.
    """

    __tablename__ = "images"

    gallery_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("galleries.id", ondelete="SET NULL"))
    archive_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("archives.id", ondelete="CASCADE"), index=True
    )
    #: Its name inside the archive, as the archive spells it.
    member: Mapped[str | None] = mapped_column(Text)
    #: What tells one content of a member from another: its checksum in the archive's list.
    member_checksum: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    studio_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("studios.id", ondelete="SET NULL"), index=True)
    organized: Mapped[bool] = mapped_column(server_default="false")

    thumbnail_revision: Mapped[int | None]
    #: Pixels, upright.
    width: Mapped[int | None]
    height: Mapped[int | None]
    format: Mapped[str | None] = mapped_column(Text)
    is_animated: Mapped[bool | None]
    #: Relative to the cache folder.
    thumbnail_path: Mapped[str | None] = mapped_column(Text)
    #: A short clip of what moves.
    preview_path: Mapped[str | None] = mapped_column(Text)

    fingerprint_revision: Mapped[int | None]
    checksum_md5: Mapped[str | None] = mapped_column(Text)
    oshash: Mapped[str | None] = mapped_column(Text)
    phash: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("(archive_id IS NULL) = (member IS NULL)", name="member"),
        CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),
        Index("ix_images_root", "library_root_id", "file_path"),
        # A collation has no place of its own here.
        Index(
            "ix_images_by_path",
            "gallery_id",
            "file_path",
            "id",
            postgresql_ops={"file_path": 'COLLATE "natural_order"'},
        ),
        missing("images"),
        lacking("images", "thumbnail"),
        lacking("images", "fingerprint"),
    )
