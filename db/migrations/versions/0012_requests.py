"""Audiobooks that somebody asked for, how each request went, and the programs it is carried out with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Audiobooks that somebody asked for, how each request went, and the programs it is carried out with."""
    op.create_table(
        "audiobooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asin", sa.Text(), nullable=True),
        sa.Column("isbn", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("narrator", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("series_part", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("cover_url", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("runtime_minutes", sa.Integer(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("asin ~ '^[A-Z0-9]{10}$'", name=op.f("ck_audiobooks_asin")),
        sa.CheckConstraint("isbn ~ '^([0-9]{9}[0-9X]|[0-9]{13})$'", name=op.f("ck_audiobooks_isbn")),
        sa.CheckConstraint("title <> '' AND author <> ''", name=op.f("ck_audiobooks_named")),
        sa.CheckConstraint("runtime_minutes > 0", name=op.f("ck_audiobooks_runtime")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audiobooks")),
        sa.UniqueConstraint("asin", name=op.f("uq_audiobooks_asin")),
    )
    op.create_index(
        "ix_audiobooks_isbn", "audiobooks", ["isbn"], unique=False, postgresql_where=sa.text("isbn IS NOT NULL")
    )
    op.create_index(
        "ix_audiobooks_named",
        "audiobooks",
        [sa.literal_column("lower(title)"), sa.literal_column("lower(author)")],
        unique=False,
    )
    op.create_table(
        "download_clients",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("secret_block", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("category", sa.Text(), server_default="darkroom", nullable=False),
        sa.Column("save_path", sa.Text(), nullable=True),
        sa.Column("imported_category", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("category <> ''", name=op.f("ck_download_clients_category")),
        sa.CheckConstraint(
            "kind IN ('qbittorrent', 'transmission', 'nzbget', 'sabnzbd')", name=op.f("ck_download_clients_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_clients")),
        sa.UniqueConstraint("name", name=op.f("uq_download_clients_name")),
    )
    op.create_table(
        "indexers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_block", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="10", nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.BigInteger()), server_default="{3030}", nullable=False),
        sa.Column("remote_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("flag_modifiers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("rss_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("seed_minutes", sa.Integer(), nullable=True),
        sa.Column("seed_ratio", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('prowlarr', 'torznab', 'newznab')", name=op.f("ck_indexers_kind")),
        sa.CheckConstraint("priority BETWEEN 1 AND 25", name=op.f("ck_indexers_priority")),
        sa.CheckConstraint("seed_minutes > 0 AND seed_ratio > 0", name=op.f("ck_indexers_seeding")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indexers")),
        sa.UniqueConstraint("name", name=op.f("uq_indexers_name")),
    )
    op.create_table(
        "notification_targets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_block", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_notification_targets_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_notification_targets_name")),
    )
    op.create_table(
        "request_settings",
        sa.Column("id", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("skip_unreleased", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("auto_approve", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("max_import_attempts", sa.SmallInteger(), server_default="5", nullable=False),
        sa.Column("library_folder", sa.Text(), nullable=True),
        sa.Column("folder_template", sa.Text(), server_default="{author}/{title} [{asin}]", nullable=False),
        sa.Column("hard_links", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("write_tags", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("merge_chapters", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("fetch_covers", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("folder_template <> ''", name=op.f("ck_request_settings_folder_template")),
        sa.CheckConstraint("id = 1", name=op.f("ck_request_settings_one_row")),
        sa.CheckConstraint(
            "max_import_attempts BETWEEN 1 AND 100", name=op.f("ck_request_settings_max_import_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_settings")),
    )
    op.create_table(
        "shelves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_block", sa.Text(), nullable=True),
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("scan_after_import", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("last_scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('plex', 'audiobookshelf')", name=op.f("ck_shelves_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelves")),
        sa.UniqueConstraint("name", name=op.f("uq_shelves_name")),
    )
    op.create_table(
        "path_mappings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_path", sa.Text(), nullable=False),
        sa.Column("local_path", sa.Text(), nullable=False),
        sa.CheckConstraint("remote_path <> '' AND local_path <> ''", name=op.f("ck_path_mappings_whole")),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["download_clients.id"],
            name=op.f("fk_path_mappings_client_id_download_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_mappings")),
        sa.UniqueConstraint("client_id", "remote_path", name=op.f("uq_path_mappings_client_id_remote_path")),
    )
    op.create_table(
        "plex_library",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shelf_id", sa.BigInteger(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("narrator", sa.Text(), nullable=True),
        sa.Column("asin", sa.Text(), nullable=True),
        sa.Column("isbn", sa.Text(), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["shelf_id"], ["shelves.id"], name=op.f("fk_plex_library_shelf_id_shelves"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plex_library")),
        sa.UniqueConstraint("shelf_id", "guid", name=op.f("uq_plex_library_shelf_id_guid")),
    )
    op.create_index(
        "ix_plex_library_asin",
        "plex_library",
        [sa.literal_column("upper(asin)")],
        unique=False,
        postgresql_where=sa.text("asin IS NOT NULL"),
    )
    op.create_index("ix_plex_library_seen", "plex_library", ["shelf_id", "last_seen_at"], unique=False)
    op.create_table(
        "requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audiobook_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("request_source", sa.Text(), server_default="api", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="10", nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("search_attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("download_attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("import_attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("search_terms", sa.Text(), nullable=True),
        sa.Column("last_search_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_import_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shelf_id", sa.BigInteger(), nullable=True),
        sa.Column("shelf_guid", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'available' OR shelf_guid IS NOT NULL", name=op.f("ck_requests_available_somewhere")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'awaiting_approval', 'denied', 'searching', 'downloading', 'processing', 'downloaded', 'available', 'awaiting_search', 'awaiting_release', 'awaiting_import', 'warn', 'failed', 'cancelled')",
            name=op.f("ck_requests_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('failed', 'warn') OR error_message IS NOT NULL", name=op.f("ck_requests_failed_says_why")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_requests_progress")),
        sa.CheckConstraint(
            "search_attempts >= 0 AND download_attempts >= 0 AND import_attempts >= 0",
            name=op.f("ck_requests_attempts"),
        ),
        sa.ForeignKeyConstraint(
            ["audiobook_id"], ["audiobooks.id"], name=op.f("fk_requests_audiobook_id_audiobooks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shelf_id"], ["shelves.id"], name=op.f("fk_requests_shelf_id_shelves"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_audiobook_id", "requests", ["audiobook_id"], unique=False)
    op.create_index(
        "ix_requests_shelf",
        "requests",
        ["shelf_id", "shelf_guid"],
        unique=False,
        postgresql_where=sa.text("shelf_guid IS NOT NULL"),
    )
    op.create_index("ix_requests_status", "requests", ["status", "id"], unique=False)
    op.create_index(
        "uq_requests_live",
        "requests",
        ["audiobook_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('cancelled', 'denied', 'failed', 'warn')"),
    )
    op.create_table(
        "blocklist",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("release_key", sa.Text(), nullable=False),
        sa.Column("info_hash", sa.Text(), nullable=True),
        sa.Column("indexer", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('download_fail', 'organize_fail', 'manual')", name=op.f("ck_blocklist_source")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_blocklist_request_id_requests"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocklist")),
        sa.UniqueConstraint("request_id", "release_key", name=op.f("uq_blocklist_request_id_release_key")),
    )
    op.create_table(
        "download_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("client_item_id", sa.Text(), nullable=False),
        sa.Column("indexer_id", sa.BigInteger(), nullable=True),
        sa.Column("indexer", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("info_hash", sa.Text(), nullable=True),
        sa.Column("info_url", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("seeders", sa.Integer(), nullable=True),
        sa.Column("leechers", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("status", sa.Text(), server_default="downloading", nullable=False),
        sa.Column("client_state", sa.Text(), nullable=True),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("speed", sa.BigInteger(), nullable=True),
        sa.Column("eta", sa.BigInteger(), nullable=True),
        sa.Column("unreachable", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("misplaced", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("protocol IN ('torrent', 'usenet')", name=op.f("ck_download_history_protocol")),
        sa.CheckConstraint("status <> 'failed' OR error IS NOT NULL", name=op.f("ck_download_history_failed_says_why")),
        sa.CheckConstraint(
            "status IN ('downloading', 'completed', 'failed', 'replaced', 'removed')",
            name=op.f("ck_download_history_status"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_download_history_progress")),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["download_clients.id"],
            name=op.f("fk_download_history_client_id_download_clients"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["indexer_id"], ["indexers.id"], name=op.f("fk_download_history_indexer_id_indexers"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_download_history_request_id_requests"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_history")),
    )
    op.create_index("ix_download_history_item", "download_history", ["client_id", "client_item_id"], unique=False)
    op.create_index("ix_download_history_request_id", "download_history", ["request_id", "id"], unique=False)
    op.create_index(
        "uq_download_history_watched",
        "download_history",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("status = 'downloading'"),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("indexer_id", sa.BigInteger(), nullable=True),
        sa.Column("indexer", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("seeders", sa.Integer(), nullable=True),
        sa.Column("leechers", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("download_url", sa.Text(), nullable=False),
        sa.Column("info_hash", sa.Text(), nullable=True),
        sa.Column("info_url", sa.Text(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("base_score", sa.Float(), nullable=False),
        sa.Column("final_score", sa.Float(), nullable=False),
        sa.Column("breakdown", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("qualifies", sa.Boolean(), nullable=False),
        sa.Column("chosen", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("protocol IN ('torrent', 'usenet')", name=op.f("ck_releases_protocol")),
        sa.ForeignKeyConstraint(
            ["indexer_id"], ["indexers.id"], name=op.f("fk_releases_indexer_id_indexers"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_releases_request_id_requests"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("request_id", "rank", name=op.f("uq_releases_request_id_rank")),
    )
    op.create_index("uq_releases_chosen", "releases", ["request_id"], unique=True, postgresql_where=sa.text("chosen"))
    op.create_table(
        "request_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_history_request_id_requests"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_history")),
    )
    op.create_index("ix_request_history_request_id", "request_history", ["request_id", "id"], unique=False)
    op.execute("INSERT INTO request_settings DEFAULT VALUES")
