"""What is watched, and the settings that a person changes while the system runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, Id, Moment


class LibraryRoot(Base):
    """A folder to watch."""

    __tablename__ = "library_roots"

    id: Mapped[Id]
    path: Mapped[str] = mapped_column(Text, unique=True)
    label: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    recursive: Mapped[bool] = mapped_column(server_default="true")
    scan_movies: Mapped[bool] = mapped_column(server_default="true")
    scan_series: Mapped[bool] = mapped_column(server_default="true")
    scan_images: Mapped[bool] = mapped_column(server_default="true")
    scan_audio: Mapped[bool] = mapped_column(server_default="true")
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    #: `st_dev` of the folder at the last good scan: another one means that another disk, or none, is mounted there.
    device: Mapped[int | None] = mapped_column(BigInteger)
    last_scanned_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class LibrarySettings(Base):
    """The one row of settings that a person changes while the system runs."""

    __tablename__ = "library_settings"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="1")
    auto_scan_enabled: Mapped[bool] = mapped_column(server_default="false")
    #: Whether new files are scanned as they come, besides the schedule.
    watch_enabled: Mapped[bool] = mapped_column(server_default="false")
    scan_interval_minutes: Mapped[int] = mapped_column(server_default="60")
    auto_generate_metadata: Mapped[bool] = mapped_column(server_default="true")
    auto_generate_fingerprints: Mapped[bool] = mapped_column(server_default="true")
    auto_generate_preview: Mapped[bool] = mapped_column(server_default="true")
    generate_phash: Mapped[bool] = mapped_column(server_default="false")
    generate_trickplay: Mapped[bool] = mapped_column(server_default="true")
    trickplay_interval_seconds: Mapped[int] = mapped_column(server_default="10")
    preview_clip_duration_seconds: Mapped[int] = mapped_column(server_default="8")
    #: 1 is native size, 31 the smallest: ffmpeg's quality scale.
    thumbnail_quality: Mapped[int] = mapped_column(server_default="2")
    trickplay_quality: Mapped[int] = mapped_column(server_default="2")
    background_worker_concurrency: Mapped[int] = mapped_column(server_default="1")
    metadata_storage_dedicated: Mapped[bool] = mapped_column(server_default="true")
    nsfw_lan_auto_enable: Mapped[bool] = mapped_column(server_default="false")
    #: An adaptive set that nobody has watched for so long goes, and the longest unwatched beyond so many gigabytes.
    hls_keep_days: Mapped[int] = mapped_column(server_default="30")
    hls_keep_gigabytes: Mapped[int] = mapped_column(server_default="20")

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("scan_interval_minutes BETWEEN 5 AND 1440", name="scan_interval_minutes"),
        CheckConstraint("trickplay_interval_seconds BETWEEN 1 AND 60", name="trickplay_interval_seconds"),
        CheckConstraint("preview_clip_duration_seconds BETWEEN 2 AND 60", name="preview_clip_duration_seconds"),
        CheckConstraint("thumbnail_quality BETWEEN 1 AND 31", name="thumbnail_quality"),
        CheckConstraint("trickplay_quality BETWEEN 1 AND 31", name="trickplay_quality"),
        CheckConstraint("background_worker_concurrency BETWEEN 1 AND 16", name="background_worker_concurrency"),
        CheckConstraint("hls_keep_days BETWEEN 1 AND 3650", name="hls_keep_days"),
        CheckConstraint("hls_keep_gigabytes BETWEEN 1 AND 10000", name="hls_keep_gigabytes"),
    )
