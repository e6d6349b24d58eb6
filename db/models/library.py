"""What is watched, how, and what was found there.

A video file is one row of `videos`; whether it is an episode or a movie is a second, small row beside it, so that the
media columns, the queues and the SQL exist once, and a file that moves from one kind to the other keeps its id.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Bytes, CreatedAt, Id, Moment


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

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("scan_interval_minutes BETWEEN 5 AND 1440", name="scan_interval_minutes"),
        CheckConstraint("trickplay_interval_seconds BETWEEN 1 AND 60", name="trickplay_interval_seconds"),
        CheckConstraint("preview_clip_duration_seconds BETWEEN 2 AND 60", name="preview_clip_duration_seconds"),
        CheckConstraint("thumbnail_quality BETWEEN 1 AND 31", name="thumbnail_quality"),
        CheckConstraint("trickplay_quality BETWEEN 1 AND 31", name="trickplay_quality"),
        CheckConstraint("background_worker_concurrency BETWEEN 1 AND 16", name="background_worker_concurrency"),
    )


class Video(Base):
    """One video file: where it is, what it is, what was made of it.

    `revision` counts the contents that were seen at this path. A result belongs to the revision it was made from, so
    "lacks its result" is `<queue>_revision IS DISTINCT FROM revision`.
    """

    __tablename__ = "videos"

    id: Mapped[Id]
    library_root_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("library_roots.id", ondelete="CASCADE"))
    #: `movie` or `episode`.
    kind: Mapped[str] = mapped_column(Text)
    #: As `db.paths` spells it: bytes that are no UTF-8 survive.
    file_path: Mapped[str] = mapped_column(Text, unique=True)
    file_size: Mapped[Bytes]
    file_mtime_ns: Mapped[int] = mapped_column(BigInteger)
    #: Of the sidecar files beside it: names, sizes, times. Changed means: read them again.
    sidecar_signature: Mapped[str] = mapped_column(Text, server_default="")
    revision: Mapped[int] = mapped_column(server_default="1")
    missing_since: Mapped[Moment | None]

    title: Mapped[str] = mapped_column(Text)
    overview: Mapped[str | None] = mapped_column(Text)
    #: 0 to 100.
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    released: Mapped[date | None]
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    organized: Mapped[bool] = mapped_column(server_default="false")
    play_count: Mapped[int] = mapped_column(server_default="0")
    #: Seconds.
    play_duration: Mapped[float] = mapped_column(server_default="0")
    resume_time: Mapped[float] = mapped_column(server_default="0")
    last_played_at: Mapped[Moment | None]

    probe_revision: Mapped[int | None]
    #: Seconds.
    duration: Mapped[float | None]
    #: Pixels, as shown: rotation applied.
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    #: Bits a second.
    bit_rate: Mapped[int | None] = mapped_column(BigInteger)
    codec: Mapped[str | None] = mapped_column(Text)
    container: Mapped[str | None] = mapped_column(Text)
    audio_codec: Mapped[str | None] = mapped_column(Text)

    fingerprint_revision: Mapped[int | None]
    checksum_md5: Mapped[str | None] = mapped_column(Text)
    oshash: Mapped[str | None] = mapped_column(Text)
    phash: Mapped[str | None] = mapped_column(Text)

    preview_revision: Mapped[int | None]
    #: Relative to the cache folder, like all paths of generated files.
    thumbnail_path: Mapped[str | None] = mapped_column(Text)
    card_thumbnail_path: Mapped[str | None] = mapped_column(Text)
    preview_path: Mapped[str | None] = mapped_column(Text)
    sprite_path: Mapped[str | None] = mapped_column(Text)
    trickplay_vtt_path: Mapped[str | None] = mapped_column(Text)

    subtitles_revision: Mapped[int | None]

    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("kind IN ('movie', 'episode')", name="kind"),
        CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),
        Index("ix_videos_root", "library_root_id", "file_path"),
        Index("ix_videos_missing", "file_size", "oshash", postgresql_where=text("missing_since IS NOT NULL")),
        Index("ix_videos_lack_probe", "id", postgresql_where=text("probe_revision IS DISTINCT FROM revision")),
        Index(
            "ix_videos_lack_fingerprint", "id", postgresql_where=text("fingerprint_revision IS DISTINCT FROM revision")
        ),
        Index("ix_videos_lack_preview", "id", postgresql_where=text("preview_revision IS DISTINCT FROM revision")),
        Index("ix_videos_lack_subtitles", "id", postgresql_where=text("subtitles_revision IS DISTINCT FROM revision")),
    )


class VideoSeries(Base):
    """A first-level folder of episodes."""

    __tablename__ = "video_series"

    id: Mapped[Id]
    library_root_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("library_roots.id", ondelete="CASCADE"))
    folder_path: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    #: A name that a person gave it; survives scans.
    custom_name: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    organized: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),)


class VideoSeason(Base):
    """A season of a series; 0 holds the specials and what has no season folder."""

    __tablename__ = "video_seasons"

    id: Mapped[Id]
    series_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("video_series.id", ondelete="CASCADE"))
    season_number: Mapped[int]
    folder_path: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("series_id", "season_number"),)


class VideoEpisode(Base):
    """What makes a video an episode."""

    __tablename__ = "video_episodes"

    video_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    season_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("video_seasons.id", ondelete="CASCADE"), index=True)
    episode_number: Mapped[int | None]
    absolute_episode_number: Mapped[int | None]


class VideoMovie(Base):
    """What makes a video a movie."""

    __tablename__ = "video_movies"

    video_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    year: Mapped[int | None]


class VideoSubtitle(Base):
    """A subtitle track that the page can show, as WebVTT."""

    __tablename__ = "video_subtitles"

    id: Mapped[Id]
    video_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"))
    #: `embedded` or `sidecar`.
    source: Mapped[str] = mapped_column(Text)
    #: Which one of that source: the stream's index, or the sidecar's file name. Two tracks in one language both stay.
    source_key: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="und")
    label: Mapped[str | None] = mapped_column(Text)
    #: What it was before it became WebVTT: subrip, ass, mov_text, ...
    source_format: Mapped[str] = mapped_column(Text)
    #: Relative to the cache folder.
    storage_path: Mapped[str] = mapped_column(Text)
    #: The untouched original of a styled track (ASS), relative to the cache folder.
    original_path: Mapped[str | None] = mapped_column(Text)
    is_default: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        CheckConstraint("source IN ('embedded', 'sidecar')", name="source"),
        UniqueConstraint("video_id", "source", "source_key"),
    )


class Tag(Base):
    """A word that videos share. Found without regard to case."""

    __tablename__ = "tags"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_tags_name", text("lower(name)"), unique=True),)


class Performer(Base):
    """A person in videos. Found without regard to case."""

    __tablename__ = "performers"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_performers_name", text("lower(name)"), unique=True),)


class VideoTag(Base):
    """Which video carries which tag."""

    __tablename__ = "video_tags"

    video_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)


class VideoPerformer(Base):
    """Who is in which video."""

    __tablename__ = "video_performers"

    video_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    performer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("performers.id", ondelete="CASCADE"), primary_key=True
    )
