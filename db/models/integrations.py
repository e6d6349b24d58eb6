"""The programs that requests are carried out with. What they are asked with (keys, passwords) lies in Prefect."""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Json, Moment

#: The name of the Prefect block that holds the key or the password.
SecretBlock = Annotated[str | None, mapped_column(Text)]


class Indexer(Base):
    """A Prowlarr, or one feed that speaks Torznab or Newznab."""

    __tablename__ = "indexers"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    secret_block: Mapped[SecretBlock]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    #: 1 to 25; larger is preferred.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="10")
    #: Torznab's numbers; 3030 is audiobooks.
    categories: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{3030}")
    #: Which of Prowlarr's indexers are searched; all where none is named.
    remote_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    #: By flag, percent that a release with it gains or loses.
    flag_modifiers: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    rss_enabled: Mapped[bool] = mapped_column(server_default="true")
    #: How long and how far its torrents are seeded before they are removed; both, where both are set.
    seed_minutes: Mapped[int | None]
    seed_ratio: Mapped[float | None]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("kind IN ('prowlarr', 'torznab', 'newznab')", name="kind"),
        CheckConstraint("priority BETWEEN 1 AND 25", name="priority"),
        CheckConstraint("seed_minutes > 0 AND seed_ratio > 0", name="seeding"),
    )


class DownloadClient(Base):
    """A program that downloads: the first enabled one of a protocol gets its releases."""

    __tablename__ = "download_clients"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(Text)
    secret_block: Mapped[SecretBlock]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    #: What its downloads of ours are filed under, and where, as the client sees it.
    category: Mapped[str] = mapped_column(Text, server_default="darkroom")
    save_path: Mapped[str | None] = mapped_column(Text)
    #: What a torrent is filed under once its files are in the library.
    imported_category: Mapped[str | None] = mapped_column(Text)
    #: Why it refuses to be asked, and since when.
    trouble: Mapped[str | None] = mapped_column(Text)
    trouble_since: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("(trouble IS NULL) = (trouble_since IS NULL)", name="trouble_since"),
        CheckConstraint("kind IN ('qbittorrent', 'transmission', 'nzbget', 'sabnzbd')", name="kind"),
        CheckConstraint("category <> ''", name="category"),
    )


class PathMapping(Base):
    """What a download client calls a folder that this machine calls something else."""

    __tablename__ = "path_mappings"

    id: Mapped[Id]
    client_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("download_clients.id", ondelete="CASCADE"))
    remote_path: Mapped[str] = mapped_column(Text)
    local_path: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("client_id", "remote_path"),
        CheckConstraint("remote_path <> '' AND local_path <> ''", name="whole"),
    )


class Shelf(Base):
    """A library of Plex or Audiobookshelf, in which finished books are to turn up."""

    __tablename__ = "shelves"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    secret_block: Mapped[SecretBlock]
    #: What the server calls the library; empty until one is chosen.
    library_id: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    #: Whether the server is told to look once a book's files are in place.
    scan_after_import: Mapped[bool] = mapped_column(server_default="true")
    last_scanned_at: Mapped[Moment | None]
    last_polled_at: Mapped[Moment | None]
    #: Why it refuses to be asked, and since when.
    trouble: Mapped[str | None] = mapped_column(Text)
    trouble_since: Mapped[Moment | None]
    #: The libraries that it had when it was last tried: what each is called, by what the server calls it.
    libraries: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("kind IN ('plex', 'audiobookshelf')", name="kind"),
        CheckConstraint("(trouble IS NULL) = (trouble_since IS NULL)", name="trouble_since"),
        CheckConstraint("library_id <> '' OR NOT enabled", name="chosen"),
    )


class ShelfItem(Base):
    """What a shelf lists, as of the last scan. The table has Plex's name and serves Audiobookshelf as well."""

    __tablename__ = "plex_library"

    id: Mapped[Id]
    shelf_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shelves.id", ondelete="CASCADE"))
    #: Plex's guid, Audiobookshelf's item.
    guid: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    narrator: Mapped[str | None] = mapped_column(Text)
    asin: Mapped[str | None] = mapped_column(Text)
    isbn: Mapped[str | None] = mapped_column(Text)
    #: Seconds.
    duration: Mapped[float | None]
    path: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[Moment | None]
    updated_at: Mapped[Moment | None]
    first_seen_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("shelf_id", "guid"),
        Index("ix_plex_library_asin", text("upper(asin)"), postgresql_where=text("asin IS NOT NULL")),
        Index("ix_plex_library_seen", "shelf_id", "last_seen_at"),
    )


class NotificationTarget(Base):
    """Whom to tell what. Its address, which is a secret, is Apprise's."""

    __tablename__ = "notification_targets"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True)
    secret_block: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("cardinality(events) > 0", name="events"),)


class RequestSettings(Base):
    """The one row of settings that all requests share."""

    __tablename__ = "request_settings"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="1")
    #: Whether a book is searched for only from the day it is published.
    skip_unreleased: Mapped[bool] = mapped_column(server_default="true")
    #: Whether the requests of those who are no administrators need nobody's approval.
    auto_approve: Mapped[bool] = mapped_column(server_default="true")
    #: After how many failures an import waits for a person.
    max_import_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="5")
    #: Where books are put, and how their folders are called.
    library_folder: Mapped[str | None] = mapped_column(Text)
    folder_template: Mapped[str] = mapped_column(Text, server_default="{author}/{title} [{asin}]")
    #: Hard links take no space; where they cannot be made, files are copied.
    hard_links: Mapped[bool] = mapped_column(server_default="true")
    write_tags: Mapped[bool] = mapped_column(server_default="true")
    merge_chapters: Mapped[bool] = mapped_column(server_default="false")
    fetch_covers: Mapped[bool] = mapped_column(server_default="true")

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("max_import_attempts BETWEEN 1 AND 100", name="max_import_attempts"),
        CheckConstraint("folder_template <> ''", name="folder_template"),
    )
