"""pictures, audio, collections, identify results and adaptive sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """pictures, audio, collections, identify results and adaptive sets."""
    # page2 before page10, whoever asks
    op.execute("CREATE COLLATION natural_order (provider = icu, locale = 'und-u-kn-true')")
    op.create_table(
        "collections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="manual", nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("item_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(mode = 'manual') = (rules IS NULL)", name=op.f("ck_collections_rules")),
        sa.CheckConstraint("mode IN ('manual', 'dynamic', 'hybrid')", name=op.f("ck_collections_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
    )
    op.create_index("uq_collections_name", "collections", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "stash_boxes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("secret_block", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stash_boxes")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_stash_boxes_endpoint")),
    )
    op.create_table(
        "studios",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studios")),
    )
    op.create_index("uq_studios_name", "studios", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "archives",
        sa.Column("read_revision", sa.Integer(), nullable=True),
        sa.Column("oshash", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_archives_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
        sa.UniqueConstraint("file_path", name=op.f("uq_archives_file_path")),
    )
    op.create_index(
        "ix_archives_lack_read",
        "archives",
        ["id"],
        unique=False,
        postgresql_where=sa.text("read_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_archives_missing",
        "archives",
        ["file_size", "oshash"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index("ix_archives_root", "archives", ["library_root_id", "file_path"], unique=False)
    op.create_table(
        "audio_libraries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("folder_path", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("track_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cover_source", sa.Text(), nullable=True),
        sa.Column("cover_signature", sa.Text(), nullable=True),
        sa.Column("cover_path", sa.Text(), nullable=True),
        sa.Column("cover_made_from", sa.Text(), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_audio_libraries_rating")),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_audio_libraries_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["audio_libraries.id"],
            name=op.f("fk_audio_libraries_parent_id_audio_libraries"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audio_libraries")),
        sa.UniqueConstraint("folder_path", name=op.f("uq_audio_libraries_folder_path")),
    )
    op.create_index(op.f("ix_audio_libraries_library_root_id"), "audio_libraries", ["library_root_id"], unique=False)
    op.create_index(op.f("ix_audio_libraries_parent_id"), "audio_libraries", ["parent_id"], unique=False)
    op.create_table(
        "audio_tracks",
        sa.Column("audio_library_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("studio_id", sa.BigInteger(), nullable=True),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("play_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resume_time", sa.Float(), server_default="0", nullable=False),
        sa.Column("last_played_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_revision", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("bit_rate", sa.BigInteger(), nullable=True),
        sa.Column("sample_rate", sa.Integer(), nullable=True),
        sa.Column("channels", sa.SmallInteger(), nullable=True),
        sa.Column("codec", sa.Text(), nullable=True),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("artist", sa.Text(), nullable=True),
        sa.Column("album_artist", sa.Text(), nullable=True),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("narrator", sa.Text(), nullable=True),
        sa.Column("track_number", sa.Integer(), nullable=True),
        sa.Column("disc_number", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("asin", sa.Text(), nullable=True),
        sa.Column("isbn", sa.Text(), nullable=True),
        sa.Column("cover_path", sa.Text(), nullable=True),
        sa.Column("fingerprint_revision", sa.Integer(), nullable=True),
        sa.Column("checksum_md5", sa.Text(), nullable=True),
        sa.Column("oshash", sa.Text(), nullable=True),
        sa.Column("chromaprint", sa.Text(), nullable=True),
        sa.Column("waveform_revision", sa.Integer(), nullable=True),
        sa.Column("waveform_path", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_audio_tracks_rating")),
        sa.ForeignKeyConstraint(
            ["audio_library_id"],
            ["audio_libraries.id"],
            name=op.f("fk_audio_tracks_audio_library_id_audio_libraries"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_audio_tracks_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["studio_id"], ["studios.id"], name=op.f("fk_audio_tracks_studio_id_studios"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audio_tracks")),
        sa.UniqueConstraint("file_path", name=op.f("uq_audio_tracks_file_path")),
    )
    op.create_index(op.f("ix_audio_tracks_audio_library_id"), "audio_tracks", ["audio_library_id"], unique=False)
    op.create_index(
        "ix_audio_tracks_lack_fingerprint",
        "audio_tracks",
        ["id"],
        unique=False,
        postgresql_where=sa.text("fingerprint_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_audio_tracks_lack_probe",
        "audio_tracks",
        ["id"],
        unique=False,
        postgresql_where=sa.text("probe_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_audio_tracks_lack_waveform",
        "audio_tracks",
        ["id"],
        unique=False,
        postgresql_where=sa.text("waveform_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_audio_tracks_missing",
        "audio_tracks",
        ["file_size", "oshash"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index("ix_audio_tracks_root", "audio_tracks", ["library_root_id", "file_path"], unique=False)
    op.create_index(op.f("ix_audio_tracks_studio_id"), "audio_tracks", ["studio_id"], unique=False)
    op.create_table(
        "galleries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folder_path", sa.Text(), nullable=True),
        sa.Column("archive_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("image_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("studio_id", sa.BigInteger(), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('folder', 'archive') AND (kind = 'folder') = (folder_path IS NOT NULL) AND (kind = 'archive') = (archive_id IS NOT NULL)",
            name=op.f("ck_galleries_kind"),
        ),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_galleries_rating")),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_galleries_archive_id_archives"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_galleries_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["galleries.id"], name=op.f("fk_galleries_parent_id_galleries"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["studio_id"], ["studios.id"], name=op.f("fk_galleries_studio_id_studios"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleries")),
        sa.UniqueConstraint("archive_id", name=op.f("uq_galleries_archive_id")),
        sa.UniqueConstraint("folder_path", name=op.f("uq_galleries_folder_path")),
    )
    op.create_index(op.f("ix_galleries_library_root_id"), "galleries", ["library_root_id"], unique=False)
    op.create_index(op.f("ix_galleries_parent_id"), "galleries", ["parent_id"], unique=False)
    op.create_index(op.f("ix_galleries_studio_id"), "galleries", ["studio_id"], unique=False)
    op.create_table(
        "hls_sets",
        sa.Column("video_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("renditions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(revision IS NULL) = (path IS NULL)", name=op.f("ck_hls_sets_made")),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_hls_sets_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_hls_sets")),
    )
    op.create_table(
        "identify_results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("matched_by", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("proposed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("chosen", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'accepted') = (chosen IS NOT NULL)", name=op.f("ck_identify_results_chosen")),
        sa.CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_identify_results_decided")),
        sa.CheckConstraint("applied_at IS NULL OR status = 'accepted'", name=op.f("ck_identify_results_applied")),
        sa.CheckConstraint("status IN ('pending', 'accepted', 'rejected')", name=op.f("ck_identify_results_status")),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_identify_results_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identify_results")),
        sa.UniqueConstraint(
            "video_id", "source", "remote_id", name=op.f("uq_identify_results_video_id_source_remote_id")
        ),
    )
    op.create_index(
        "ix_identify_results_to_apply",
        "identify_results",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'accepted' AND applied_at IS NULL"),
    )
    op.create_table(
        "video_external_ids",
        sa.Column("video_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_external_ids_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "source", name=op.f("pk_video_external_ids")),
    )
    op.create_table(
        "audio_chapters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audio_track_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.CheckConstraint("starts_at >= 0 AND ends_at >= starts_at", name=op.f("ck_audio_chapters_order")),
        sa.ForeignKeyConstraint(
            ["audio_track_id"],
            ["audio_tracks.id"],
            name=op.f("fk_audio_chapters_audio_track_id_audio_tracks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audio_chapters")),
        sa.UniqueConstraint("audio_track_id", "position", name=op.f("uq_audio_chapters_audio_track_id_position")),
    )
    op.create_table(
        "gallery_performers",
        sa.Column("gallery_id", sa.BigInteger(), nullable=False),
        sa.Column("performer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery_id"],
            ["galleries.id"],
            name=op.f("fk_gallery_performers_gallery_id_galleries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["performer_id"],
            ["performers.id"],
            name=op.f("fk_gallery_performers_performer_id_performers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gallery_id", "performer_id", name=op.f("pk_gallery_performers")),
    )
    op.create_index(op.f("ix_gallery_performers_performer_id"), "gallery_performers", ["performer_id"], unique=False)
    op.create_table(
        "gallery_tags",
        sa.Column("gallery_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_gallery_tags_gallery_id_galleries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_gallery_tags_tag_id_tags"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gallery_id", "tag_id", name=op.f("pk_gallery_tags")),
    )
    op.create_index(op.f("ix_gallery_tags_tag_id"), "gallery_tags", ["tag_id"], unique=False)
    op.create_table(
        "images",
        sa.Column("gallery_id", sa.BigInteger(), nullable=True),
        sa.Column("archive_id", sa.BigInteger(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("member_checksum", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("studio_id", sa.BigInteger(), nullable=True),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("thumbnail_revision", sa.Integer(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("is_animated", sa.Boolean(), nullable=True),
        sa.Column("thumbnail_path", sa.Text(), nullable=True),
        sa.Column("preview_path", sa.Text(), nullable=True),
        sa.Column("fingerprint_revision", sa.Integer(), nullable=True),
        sa.Column("checksum_md5", sa.Text(), nullable=True),
        sa.Column("oshash", sa.Text(), nullable=True),
        sa.Column("phash", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(archive_id IS NULL) = (member IS NULL)", name=op.f("ck_images_member")),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_images_rating")),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_images_archive_id_archives"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_images_gallery_id_galleries"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_images_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["studio_id"], ["studios.id"], name=op.f("fk_images_studio_id_studios"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("file_path", name=op.f("uq_images_file_path")),
    )
    op.create_index(op.f("ix_images_archive_id"), "images", ["archive_id"], unique=False)
    op.create_index(op.f("ix_images_gallery_id"), "images", ["gallery_id"], unique=False)
    op.create_index(
        "ix_images_lack_fingerprint",
        "images",
        ["id"],
        unique=False,
        postgresql_where=sa.text("fingerprint_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_images_lack_thumbnail",
        "images",
        ["id"],
        unique=False,
        postgresql_where=sa.text("thumbnail_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_images_missing",
        "images",
        ["file_size", "oshash"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index("ix_images_root", "images", ["library_root_id", "file_path"], unique=False)
    op.create_index(op.f("ix_images_studio_id"), "images", ["studio_id"], unique=False)
    op.create_table(
        "track_performers",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("performer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["performer_id"],
            ["performers.id"],
            name=op.f("fk_track_performers_performer_id_performers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["track_id"],
            ["audio_tracks.id"],
            name=op.f("fk_track_performers_track_id_audio_tracks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("track_id", "performer_id", name=op.f("pk_track_performers")),
    )
    op.create_index(op.f("ix_track_performers_performer_id"), "track_performers", ["performer_id"], unique=False)
    op.create_table(
        "track_tags",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_track_tags_tag_id_tags"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["track_id"], ["audio_tracks.id"], name=op.f("fk_track_tags_track_id_audio_tracks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("track_id", "tag_id", name=op.f("pk_track_tags")),
    )
    op.create_index(op.f("ix_track_tags_tag_id"), "track_tags", ["tag_id"], unique=False)
    op.create_table(
        "collection_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=True),
        sa.Column("gallery_id", sa.BigInteger(), nullable=True),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("track_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('manual', 'dynamic')", name=op.f("ck_collection_items_source")),
        sa.CheckConstraint(
            "num_nonnulls(video_id, gallery_id, image_id, track_id) = 1", name=op.f("ck_collection_items_one_item")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_items_collection_id_collections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_collection_items_gallery_id_galleries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_collection_items_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["track_id"],
            ["audio_tracks.id"],
            name=op.f("fk_collection_items_track_id_audio_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_collection_items_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_items")),
        sa.UniqueConstraint("collection_id", "gallery_id", name=op.f("uq_collection_items_collection_id_gallery_id")),
        sa.UniqueConstraint("collection_id", "image_id", name=op.f("uq_collection_items_collection_id_image_id")),
        sa.UniqueConstraint("collection_id", "track_id", name=op.f("uq_collection_items_collection_id_track_id")),
        sa.UniqueConstraint("collection_id", "video_id", name=op.f("uq_collection_items_collection_id_video_id")),
    )
    op.create_index(op.f("ix_collection_items_gallery_id"), "collection_items", ["gallery_id"], unique=False)
    op.create_index(op.f("ix_collection_items_image_id"), "collection_items", ["image_id"], unique=False)
    op.create_index(op.f("ix_collection_items_track_id"), "collection_items", ["track_id"], unique=False)
    op.create_index(op.f("ix_collection_items_video_id"), "collection_items", ["video_id"], unique=False)
    op.create_table(
        "image_performers",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("performer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_performers_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["performer_id"],
            ["performers.id"],
            name=op.f("fk_image_performers_performer_id_performers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("image_id", "performer_id", name=op.f("pk_image_performers")),
    )
    op.create_index(op.f("ix_image_performers_performer_id"), "image_performers", ["performer_id"], unique=False)
    op.create_table(
        "image_tags",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_tags_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_image_tags_tag_id_tags"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", "tag_id", name=op.f("pk_image_tags")),
    )
    op.create_index(op.f("ix_image_tags_tag_id"), "image_tags", ["tag_id"], unique=False)
    op.add_column("library_settings", sa.Column("hls_keep_days", sa.Integer(), server_default="30", nullable=False))
    op.add_column(
        "library_settings", sa.Column("hls_keep_gigabytes", sa.Integer(), server_default="20", nullable=False)
    )
    op.create_index(op.f("ix_video_performers_performer_id"), "video_performers", ["performer_id"], unique=False)
    op.add_column("video_series", sa.Column("studio_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_video_series_studio_id"), "video_series", ["studio_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_video_series_studio_id_studios"), "video_series", "studios", ["studio_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(op.f("ix_video_tags_tag_id"), "video_tags", ["tag_id"], unique=False)
    op.add_column("videos", sa.Column("urls", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("videos", sa.Column("studio_id", sa.BigInteger(), nullable=True))
    op.add_column("videos", sa.Column("phash_revision", sa.Integer(), nullable=True))
    op.add_column("videos", sa.Column("identify_revision", sa.Integer(), nullable=True))
    op.add_column("videos", sa.Column("custom_thumbnail_path", sa.Text(), nullable=True))
    op.create_index(
        "ix_videos_lack_identify",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("identify_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_videos_lack_phash",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("phash_revision IS DISTINCT FROM revision"),
    )
    op.create_index(op.f("ix_videos_studio_id"), "videos", ["studio_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_videos_studio_id_studios"), "videos", "studios", ["studio_id"], ["id"], ondelete="SET NULL"
    )
    op.create_check_constraint(
        op.f("ck_library_settings_hls_keep_days"), "library_settings", "hls_keep_days BETWEEN 1 AND 3650"
    )
    op.create_check_constraint(
        op.f("ck_library_settings_hls_keep_gigabytes"), "library_settings", "hls_keep_gigabytes BETWEEN 1 AND 10000"
    )
