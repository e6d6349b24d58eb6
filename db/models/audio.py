"""Audio: one library for each folder, its tracks, and the chapters in them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import TRIGRAMS, Base, CreatedAt, Id, Moment
from db.models.media import MediaFile, lacking, missing

#: What a track is found by, as SQL, with the parentheses that PostgreSQL would set.
TRACK_WORDS = (
    "(((((coalesce(artist, '') || ' ') || coalesce(album, '')) || ' ') || coalesce(narrator, '')) || ' ') || title"
)


class AudioLibrary(Base):
    """A folder of audio files: an album, a book, or what holds those."""

    __tablename__ = "audio_libraries"

    id: Mapped[Id]
    library_root_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("library_roots.id", ondelete="CASCADE"), index=True
    )
    folder_path: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("audio_libraries.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(Text)
    #: How many tracks of it are there.
    track_count: Mapped[int] = mapped_column(server_default="0")
    #: The picture in the folder that shows it, and its size and time as the last scan saw them.
    cover_source: Mapped[str | None] = mapped_column(Text)
    cover_signature: Mapped[str | None] = mapped_column(Text)
    #: The cover that was made, relative to the cache folder, and from which signature; a track's tags have none.
    cover_path: Mapped[str | None] = mapped_column(Text)
    cover_made_from: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    organized: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]

    __table_args__ = (CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),)


class AudioTrack(MediaFile, Base):
    """One audio file. Tracks of a library are in the order of disc, track, and `file_path COLLATE natural_order`."""

    __tablename__ = "audio_tracks"

    audio_library_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("audio_libraries.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(Text)
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    studio_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("studios.id", ondelete="SET NULL"), index=True)
    organized: Mapped[bool] = mapped_column(server_default="false")
    play_count: Mapped[int] = mapped_column(server_default="0")
    #: Seconds.
    resume_time: Mapped[float] = mapped_column(server_default="0")
    last_played_at: Mapped[Moment | None]

    probe_revision: Mapped[int | None]
    #: Seconds.
    duration: Mapped[float | None]
    #: Bits a second.
    bit_rate: Mapped[int | None] = mapped_column(BigInteger)
    #: Samples a second.
    sample_rate: Mapped[int | None]
    channels: Mapped[int | None] = mapped_column(SmallInteger)
    codec: Mapped[str | None] = mapped_column(Text)
    container: Mapped[str | None] = mapped_column(Text)
    #: What the tags say.
    artist: Mapped[str | None] = mapped_column(Text)
    album_artist: Mapped[str | None] = mapped_column(Text)
    album: Mapped[str | None] = mapped_column(Text)
    narrator: Mapped[str | None] = mapped_column(Text)
    track_number: Mapped[int | None]
    disc_number: Mapped[int | None]
    year: Mapped[int | None]
    description: Mapped[str | None] = mapped_column(Text)
    asin: Mapped[str | None] = mapped_column(Text)
    isbn: Mapped[str | None] = mapped_column(Text)
    #: Relative to the cache folder.
    cover_path: Mapped[str | None] = mapped_column(Text)

    fingerprint_revision: Mapped[int | None]
    checksum_md5: Mapped[str | None] = mapped_column(Text)
    oshash: Mapped[str | None] = mapped_column(Text)
    #: Of the first two minutes, as AcoustID takes it.
    chromaprint: Mapped[str | None] = mapped_column(Text)

    waveform_revision: Mapped[int | None]
    waveform_path: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("rating BETWEEN 0 AND 100", name="rating"),
        Index("ix_audio_tracks_root", "library_root_id", "file_path"),
        Index(
            "ix_audio_tracks_words",
            literal_column(f"({TRACK_WORDS})").label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
            postgresql_with=TRIGRAMS,
        ),
        missing("audio_tracks"),
        *(lacking("audio_tracks", result) for result in ("probe", "fingerprint", "waveform")),
    )


class AudioChapter(Base):
    """A chapter mark of a track, seconds."""

    __tablename__ = "audio_chapters"

    id: Mapped[Id]
    audio_track_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("audio_tracks.id", ondelete="CASCADE"))
    position: Mapped[int]
    starts_at: Mapped[float]
    ends_at: Mapped[float]
    title: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("audio_track_id", "position"),
        CheckConstraint("starts_at >= 0 AND ends_at >= starts_at", name="order"),
    )
