"""Audiobooks that somebody asked for, and how each request went."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Json, Moment

_STATUSES = (
    "'pending', 'awaiting_approval', 'denied', 'searching', 'downloading', 'processing', 'downloaded', 'available', "
    "'awaiting_search', 'awaiting_release', 'awaiting_import', 'warn', 'failed', 'cancelled'"
)
#: One request per book at a time; one that failed makes room for another.
_LIVE = "status NOT IN ('cancelled', 'denied', 'failed', 'warn')"


class Audiobook(Base):
    """A book that somebody asked for."""

    __tablename__ = "audiobooks"

    id: Mapped[Id]
    #: Audible's number, ten capitals and digits.
    asin: Mapped[str | None] = mapped_column(Text, unique=True)
    #: Ten or thirteen digits, without hyphens.
    isbn: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    narrator: Mapped[str | None] = mapped_column(Text)
    series: Mapped[str | None] = mapped_column(Text)
    #: Its number in the series, such as `2` or `1.5`.
    series_part: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    cover_url: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    release_date: Mapped[date | None]
    runtime_minutes: Mapped[int | None]
    #: Where its files were put.
    folder: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("asin ~ '^[A-Z0-9]{10}$'", name="asin"),
        CheckConstraint("isbn ~ '^([0-9]{9}[0-9X]|[0-9]{13})$'", name="isbn"),
        CheckConstraint("title <> '' AND author <> ''", name="named"),
        CheckConstraint("runtime_minutes > 0", name="runtime"),
        Index("ix_audiobooks_isbn", "isbn", postgresql_where=text("isbn IS NOT NULL")),
        Index("ix_audiobooks_named", text("lower(title)"), text("lower(author)")),
    )


class Request(Base):
    """One person's wish for one book. Its status changes by the table of `db.requests.states` only."""

    __tablename__ = "requests"

    id: Mapped[Id]
    audiobook_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("audiobooks.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(Text)
    #: How it came here: `page`, `api`, `swipe`, `import`.
    request_source: Mapped[str] = mapped_column(Text, server_default="api")
    requested_by: Mapped[str] = mapped_column(Text)
    #: Larger is more urgent.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="10")
    #: Of its download, percent.
    progress: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    search_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    download_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    import_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    #: Why it is not further, in a sentence.
    error_message: Mapped[str | None] = mapped_column(Text)
    #: What the indexers are asked for instead of the title.
    search_terms: Mapped[str | None] = mapped_column(Text)
    last_search_at: Mapped[Moment | None]
    last_import_at: Mapped[Moment | None]
    #: Where it is listed, and under which name: Plex's guid or Audiobookshelf's item.
    shelf_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("shelves.id", ondelete="SET NULL"))
    shelf_guid: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    completed_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("search_attempts >= 0 AND download_attempts >= 0 AND import_attempts >= 0", name="attempts"),
        CheckConstraint("status <> 'available' OR shelf_guid IS NOT NULL", name="available_somewhere"),
        CheckConstraint("status NOT IN ('failed', 'warn') OR error_message IS NOT NULL", name="failed_says_why"),
        Index("uq_requests_live", "audiobook_id", unique=True, postgresql_where=text(_LIVE)),
        Index("ix_requests_audiobook_id", "audiobook_id"),
        Index("ix_requests_status", "status", "id"),
        Index("ix_requests_shelf", "shelf_id", "shelf_guid", postgresql_where=text("shelf_guid IS NOT NULL")),
    )


class RequestHistory(Base):
    """One step of a request's way, written with the change of its status."""

    __tablename__ = "request_history"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("requests.id", ondelete="CASCADE"))
    #: None at its beginning.
    from_status: Mapped[str | None] = mapped_column(Text)
    to_status: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    #: A person, a program's token, or a queue.
    by: Mapped[str] = mapped_column(Text)
    #: No foreign key: retention may prune the job.
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]

    __table_args__ = (Index("ix_request_history_request_id", "request_id", "id"),)


class FoundRelease(Base):
    """What the newest search of a request has found, in order of rank."""

    __tablename__ = "releases"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("requests.id", ondelete="CASCADE"))
    #: 1 is the best.
    rank: Mapped[int]
    guid: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    indexer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("indexers.id", ondelete="SET NULL"))
    indexer: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    seeders: Mapped[int | None]
    leechers: Mapped[int | None]
    published_at: Mapped[Moment | None]
    #: May hold a key of the indexer's user: never shown, never logged.
    download_url: Mapped[str] = mapped_column(Text)
    info_hash: Mapped[str | None] = mapped_column(Text)
    info_url: Mapped[str | None] = mapped_column(Text)
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    #: Of 100; with the indexer's priority and the flags, of more.
    base_score: Mapped[float]
    final_score: Mapped[float]
    #: What the score is made of.
    breakdown: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    #: Whether it may be taken without a person; whether a person who may not approve has chosen it.
    qualifies: Mapped[bool]
    chosen: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("request_id", "rank"),
        Index("uq_releases_chosen", "request_id", unique=True, postgresql_where=text("chosen")),
        CheckConstraint("protocol IN ('torrent', 'usenet')", name="protocol"),
    )


class Download(Base):
    """A release that was handed to a download client."""

    __tablename__ = "download_history"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("requests.id", ondelete="CASCADE"))
    client_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("download_clients.id", ondelete="SET NULL"))
    #: Which program it is, and what it calls the download: a torrent's hash or a number.
    client: Mapped[str] = mapped_column(Text)
    client_item_id: Mapped[str] = mapped_column(Text)
    indexer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("indexers.id", ondelete="SET NULL"))
    indexer: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    info_hash: Mapped[str | None] = mapped_column(Text)
    info_url: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    seeders: Mapped[int | None]
    leechers: Mapped[int | None]
    score: Mapped[float | None]
    #: `replaced` by another release, `removed` from its client.
    status: Mapped[str] = mapped_column(Text, server_default="downloading")
    #: What the client said last: its word, percent, bytes a second, seconds.
    client_state: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    speed: Mapped[int | None] = mapped_column(BigInteger)
    eta: Mapped[int | None] = mapped_column(BigInteger)
    #: How often in a row the client could not be asked, or its files were not in place yet.
    unreachable: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    misplaced: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    #: As this machine sees it.
    path: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[CreatedAt]
    checked_at: Mapped[Moment | None]
    completed_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("protocol IN ('torrent', 'usenet')", name="protocol"),
        CheckConstraint("status IN ('downloading', 'completed', 'failed', 'replaced', 'removed')", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("status <> 'failed' OR error IS NOT NULL", name="failed_says_why"),
        Index(
            "uq_download_history_watched",
            "request_id",
            unique=True,
            postgresql_where=text("status = 'downloading'"),
        ),
        Index("ix_download_history_request_id", "request_id", "id"),
        Index("ix_download_history_item", "client_id", "client_item_id"),
    )


class BlockedRelease(Base):
    """A release that is not chosen again for a request."""

    __tablename__ = "blocklist"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("requests.id", ondelete="CASCADE"))
    #: Its title, trimmed and in small letters.
    release_key: Mapped[str] = mapped_column(Text)
    info_hash: Mapped[str | None] = mapped_column(Text)
    indexer: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("request_id", "release_key"),
        CheckConstraint("source IN ('download_fail', 'organize_fail', 'manual')", name="source"),
    )
