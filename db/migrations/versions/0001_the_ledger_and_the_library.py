"""the ledger and the library."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

COUNT = """
CREATE FUNCTION job_totals_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM job_totals;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, count(*) FROM after WHERE cleared_at IS NULL GROUP BY 1, 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, -count(*) FROM before WHERE cleared_at IS NULL GROUP BY 1, 2;
    ELSE
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, sum(n) FROM (
            SELECT queue_name, status, 1 AS n FROM after WHERE cleared_at IS NULL
            UNION ALL
            SELECT queue_name, status, -1 FROM before WHERE cleared_at IS NULL
        ) AS both_sides GROUP BY 1, 2 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    "CREATE TRIGGER job_totals_insert AFTER INSERT ON job_runs REFERENCING NEW TABLE AS after"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_update AFTER UPDATE ON job_runs REFERENCING OLD TABLE AS before NEW TABLE AS after"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_delete AFTER DELETE ON job_runs REFERENCING OLD TABLE AS before"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_truncate AFTER TRUNCATE ON job_runs"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
)


def upgrade() -> None:
    """the ledger and the library."""
    op.create_table(
        "job_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("target_type", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("target_label", sa.Text(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("crashes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "error_kind",
            sa.Text(),
            sa.Computed(
                "\n    CASE WHEN error IS NOT NULL THEN coalesce(nullif(left(regexp_replace(regexp_replace(\n        replace(split_part(ltrim(error, E' \\n\\r\\t'), E'\\n', 1), target_label, '…'),\n        '(''(…|[^'']*/[^'']*)''|\"(…|[^\"]*/[^\"]*)\"|(^|(?<=[\\s(=]))/\\S+)', '…', 'g'),\n        '0x[0-9a-fA-F]+|[0-9]+', '#', 'g'), 200), ''), 'No words') END\n",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("trigger", sa.Text(), server_default="manual", nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prefect_flow_run_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("prefect_task_run_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('queued', 'running')) = (finished_at IS NULL)", name=op.f("ck_job_runs_finished")
        ),
        sa.CheckConstraint("status <> 'failed' OR error IS NOT NULL", name=op.f("ck_job_runs_failed_says_why")),
        sa.CheckConstraint(
            "status <> 'running' OR (lease_owner IS NOT NULL AND started_at IS NOT NULL)",
            name=op.f("ck_job_runs_running"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name=op.f("ck_job_runs_status")
        ),
        sa.CheckConstraint("(lease_owner IS NULL) = (lease_expires_at IS NULL)", name=op.f("ck_job_runs_lease_whole")),
        sa.CheckConstraint("attempts >= 0 AND max_attempts >= 1", name=op.f("ck_job_runs_attempts")),
        sa.CheckConstraint("cleared_at IS NULL OR finished_at IS NOT NULL", name=op.f("ck_job_runs_cleared_after_end")),
        sa.CheckConstraint("finished_at IS NULL OR lease_owner IS NULL", name=op.f("ck_job_runs_ended_without_lease")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_job_runs_progress")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    op.create_index(
        "ix_job_runs_claim",
        "job_runs",
        ["queue_name", sa.literal_column("priority DESC"), "run_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND lease_owner IS NULL"),
    )
    op.create_index(
        "ix_job_runs_failures",
        "job_runs",
        ["error_kind", "queue_name", "finished_at"],
        unique=False,
        postgresql_where=sa.text("status = 'failed' AND cleared_at IS NULL"),
    )
    op.create_index(
        "ix_job_runs_finished",
        "job_runs",
        ["queue_name", "status", sa.literal_column("finished_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_job_runs_lease_owner",
        "job_runs",
        ["lease_owner"],
        unique=False,
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.create_index(
        "ix_job_runs_leased",
        "job_runs",
        ["queue_name", "lease_expires_at"],
        unique=False,
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.create_index(
        "ix_job_runs_origin", "job_runs", ["origin_id"], unique=False, postgresql_where=sa.text("origin_id IS NOT NULL")
    )
    op.create_index("ix_job_runs_target", "job_runs", ["target_type", "target_id"], unique=False)
    op.create_index(
        "ix_job_runs_uncleared",
        "job_runs",
        ["queue_name", sa.literal_column("finished_at DESC")],
        unique=False,
        postgresql_where=sa.text("status IN ('failed', 'cancelled') AND cleared_at IS NULL"),
    )
    op.create_index(
        "uq_job_runs_unfinished_target",
        "job_runs",
        ["queue_name", "target_type", "target_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "library_roots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("recursive", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("scan_movies", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("scan_series", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("scan_images", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("scan_audio", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("last_scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_roots")),
        sa.UniqueConstraint("path", name=op.f("uq_library_roots_path")),
    )
    op.create_table(
        "library_settings",
        sa.Column("id", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("auto_scan_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("scan_interval_minutes", sa.Integer(), server_default="60", nullable=False),
        sa.Column("auto_generate_metadata", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("auto_generate_fingerprints", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("auto_generate_preview", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("generate_phash", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("generate_trickplay", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("trickplay_interval_seconds", sa.Integer(), server_default="10", nullable=False),
        sa.Column("preview_clip_duration_seconds", sa.Integer(), server_default="8", nullable=False),
        sa.Column("thumbnail_quality", sa.Integer(), server_default="2", nullable=False),
        sa.Column("trickplay_quality", sa.Integer(), server_default="2", nullable=False),
        sa.Column("background_worker_concurrency", sa.Integer(), server_default="1", nullable=False),
        sa.Column("metadata_storage_dedicated", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("nsfw_lan_auto_enable", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "background_worker_concurrency BETWEEN 1 AND 16",
            name=op.f("ck_library_settings_background_worker_concurrency"),
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_library_settings_one_row")),
        sa.CheckConstraint(
            "preview_clip_duration_seconds BETWEEN 2 AND 60",
            name=op.f("ck_library_settings_preview_clip_duration_seconds"),
        ),
        sa.CheckConstraint(
            "scan_interval_minutes BETWEEN 5 AND 1440", name=op.f("ck_library_settings_scan_interval_minutes")
        ),
        sa.CheckConstraint("thumbnail_quality BETWEEN 1 AND 31", name=op.f("ck_library_settings_thumbnail_quality")),
        sa.CheckConstraint(
            "trickplay_interval_seconds BETWEEN 1 AND 60", name=op.f("ck_library_settings_trickplay_interval_seconds")
        ),
        sa.CheckConstraint("trickplay_quality BETWEEN 1 AND 31", name=op.f("ck_library_settings_trickplay_quality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_settings")),
    )
    op.create_table(
        "performers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performers")),
    )
    op.create_index("uq_performers_name", "performers", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "queue_flows",
        sa.Column("flow_run_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="starting", nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('starting', 'working')", name=op.f("ck_queue_flows_state")),
        sa.PrimaryKeyConstraint("flow_run_id", name=op.f("pk_queue_flows")),
    )
    op.create_index(op.f("ix_queue_flows_queue_name"), "queue_flows", ["queue_name"], unique=False)
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
    )
    op.create_index("uq_tags_name", "tags", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "job_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("level", sa.Text(), server_default="info", nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("level IN ('info', 'warn', 'error')", name=op.f("ck_job_events_level")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job_runs.id"], name=op.f("fk_job_events_job_id_job_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_events")),
    )
    op.create_index("ix_job_events_job_id", "job_events", ["job_id", "id"], unique=False)
    op.create_table(
        "video_series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("folder_path", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("custom_name", sa.Text(), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_video_series_rating")),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_video_series_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_series")),
        sa.UniqueConstraint("folder_path", name=op.f("uq_video_series_folder_path")),
    )
    op.create_table(
        "videos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_root_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sidecar_signature", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("released", sa.Date(), nullable=True),
        sa.Column("is_nsfw", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("organized", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("play_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("play_duration", sa.Double(), server_default="0", nullable=False),
        sa.Column("resume_time", sa.Double(), server_default="0", nullable=False),
        sa.Column("last_played_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_revision", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frame_rate", sa.Double(), nullable=True),
        sa.Column("bit_rate", sa.BigInteger(), nullable=True),
        sa.Column("codec", sa.Text(), nullable=True),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("audio_codec", sa.Text(), nullable=True),
        sa.Column("fingerprint_revision", sa.Integer(), nullable=True),
        sa.Column("checksum_md5", sa.Text(), nullable=True),
        sa.Column("oshash", sa.Text(), nullable=True),
        sa.Column("phash", sa.Text(), nullable=True),
        sa.Column("preview_revision", sa.Integer(), nullable=True),
        sa.Column("thumbnail_path", sa.Text(), nullable=True),
        sa.Column("card_thumbnail_path", sa.Text(), nullable=True),
        sa.Column("preview_path", sa.Text(), nullable=True),
        sa.Column("sprite_path", sa.Text(), nullable=True),
        sa.Column("trickplay_vtt_path", sa.Text(), nullable=True),
        sa.Column("subtitles_revision", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('movie', 'episode')", name=op.f("ck_videos_kind")),
        sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_videos_rating")),
        sa.ForeignKeyConstraint(
            ["library_root_id"],
            ["library_roots.id"],
            name=op.f("fk_videos_library_root_id_library_roots"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
        sa.UniqueConstraint("file_path", name=op.f("uq_videos_file_path")),
    )
    op.create_index(
        "ix_videos_lack_fingerprint",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("fingerprint_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_videos_lack_preview",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("preview_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_videos_lack_probe",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("probe_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_videos_lack_subtitles",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("subtitles_revision IS DISTINCT FROM revision"),
    )
    op.create_index(
        "ix_videos_missing",
        "videos",
        ["file_size", "oshash"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index("ix_videos_root", "videos", ["library_root_id", "file_path"], unique=False)
    op.create_table(
        "video_movies",
        sa.Column("video_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_movies_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_video_movies")),
    )
    op.create_table(
        "video_performers",
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("performer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["performer_id"],
            ["performers.id"],
            name=op.f("fk_video_performers_performer_id_performers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_performers_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "performer_id", name=op.f("pk_video_performers")),
    )
    op.create_table(
        "video_seasons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("season_number", sa.Integer(), nullable=False),
        sa.Column("folder_path", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["video_series.id"], name=op.f("fk_video_seasons_series_id_video_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_seasons")),
        sa.UniqueConstraint("series_id", "season_number", name=op.f("uq_video_seasons_series_id_season_number")),
    )
    op.create_table(
        "video_subtitles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="und", nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("source_format", sa.Text(), nullable=False),
        sa.Column("storage_path", sa.Text(), nullable=False),
        sa.Column("original_path", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("source IN ('embedded', 'sidecar')", name=op.f("ck_video_subtitles_source")),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_subtitles_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_subtitles")),
        sa.UniqueConstraint(
            "video_id", "source", "source_key", name=op.f("uq_video_subtitles_video_id_source_source_key")
        ),
    )
    op.create_table(
        "video_tags",
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_video_tags_tag_id_tags"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_tags_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "tag_id", name=op.f("pk_video_tags")),
    )
    op.create_table(
        "video_episodes",
        sa.Column("video_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=False),
        sa.Column("episode_number", sa.Integer(), nullable=True),
        sa.Column("absolute_episode_number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["season_id"],
            ["video_seasons.id"],
            name=op.f("fk_video_episodes_season_id_video_seasons"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_episodes_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_video_episodes")),
    )
    op.create_index(op.f("ix_video_episodes_season_id"), "video_episodes", ["season_id"], unique=False)
    op.create_table(
        "job_totals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_totals")),
    )
    # By hand: autogenerate knows nothing of rows and triggers.
    op.execute("INSERT INTO library_settings DEFAULT VALUES")
    for statement in (COUNT, *TRIGGERS):
        op.execute(statement)
