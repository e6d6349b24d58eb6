"""Videos.

A video file is one row of `videos`; whether it is an episode or a movie is a second, small row beside it, so that the
media columns, the queues and the SQL exist once, and a file that moves from one kind to the other keeps its id.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import TRIGRAMS, Base, Bytes, CreatedAt, Id, Json, Moment
from db.models.media import MediaFile, lacking, missing

#: What is made of a video; each has its revision column.
RESULTS = ("probe", "fingerprint", "phash", "preview", "subtitles")
#: What the present content is known by, as SQL: MD5, oshash and perceptual hash with a space between each two; NULL
#: where there is none of the three.
HASHES = """
    nullif(CASE WHEN fingerprint_revision = revision
                THEN coalesce(checksum_md5, '') || ' ' || coalesce(oshash, '') ELSE ' ' END
           || ' ' || CASE WHEN phash_revision = revision THEN coalesce(phash, '') ELSE '' END, '  ')
"""
PRESENT = text("missing_since IS NULL")


class Video(MediaFile, Base):
    """One video file: what it is, what was made of it."""

    __tablename__ = "videos"

    #: `movie` or `episode`.
    kind: Mapped[str] = mapped_column(Text)
    #: Of the sidecar files beside it: names, sizes, times. Changed means: read them again.
    sidecar_signature: Mapped[str] = mapped_column(Text, server_default="")

    title: Mapped[str] = mapped_column(Text)
    overview: Mapped[str | None] = mapped_column(Text)
    #: 0 to 100.
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    released: Mapped[date | None]
    urls: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    studio_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("studios.id", ondelete="SET NULL"), index=True)
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
    #: Also set where the content has no perceptual hash, so that it is not tried again and again.
    phash_revision: Mapped[int | None]
    phash: Mapped[str | None] = mapped_column(Text)
    #: The hashes that every enabled stash-box was last asked for, spelled as `HASHES`.
    looked_up_by: Mapped[str | None] = mapped_column(Text)

    preview_revision: Mapped[int | None]
    #: Of generated files: relative to the cache folder, or absolute where they lie beside the video.
    thumbnail_path: Mapped[str | None] = mapped_column(Text)
    #: A picture that a person or an identify result chose; no preview replaces it.
    custom_thumbnail_path: Mapped[str | None] = mapped_column(Text)
    card_thumbnail_path: Mapped[str | None] = mapped_column(Text)
    preview_path: Mapped[str | None] = mapped_column(Text)
    sprite_path: Mapped[str | None] = mapped_column(Text)
    trickplay_vtt_path: Mapped[str | None] = mapped_column(Text)

    subtitles_revision: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("kind IN ('movie', 'episode')", name="kind"),
        CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),
        Index("ix_videos_root", "library_root_id", "file_path"),
        missing("videos"),
        *(lacking("videos", result) for result in RESULTS),
        # How lists are sorted besides by age, as `db.catalogue` spells it. A collation has no place of its own here.
        Index(
            "ix_videos_by_title",
            "title",
            "id",
            postgresql_ops={"title": 'COLLATE "natural_order"'},
            postgresql_where=PRESENT,
        ),
        Index("ix_videos_by_duration", text("coalesce(duration, -1)"), "id", postgresql_where=PRESENT),
        Index("ix_videos_by_size", "file_size", "id", postgresql_where=PRESENT),
        Index(
            "ix_videos_words",
            literal_column("((title || ' ') || file_path)").label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
            postgresql_with=TRIGRAMS,
        ),
        Index("ix_videos_lack_identify", "id", postgresql_where=text(f"looked_up_by IS DISTINCT FROM {HASHES}")),
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
    studio_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("studios.id", ondelete="SET NULL"), index=True)
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


class HlsSet(Base):
    """An adaptive set that somebody asked for. It is stale when the video's revision is another than its own."""

    __tablename__ = "hls_sets"

    video_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Of the content that it was made from; none until it is made.
    revision: Mapped[int | None]
    #: Its master playlist, relative to the cache folder; its own folder holds nothing else.
    path: Mapped[str | None] = mapped_column(Text)
    bytes: Mapped[Bytes | None]
    #: What the kernel said of it: sizes, bit rates, whether it breaks off.
    renditions: Mapped[Json | None] = mapped_column(JSONB)
    requested_at: Mapped[CreatedAt]
    last_used_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("(revision IS NULL) = (path IS NULL)", name="made"),)
