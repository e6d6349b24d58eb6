"""jobs by what wanted them and how they ended; jobs, videos and tracks by words."""

from __future__ import annotations

from alembic import op

from db.models.audio import TRACK_WORDS

revision = "0019"
down_revision = "0018"

WORDS = {
    "job_runs": ("target_label gin_trgm_ops, error gin_trgm_ops", "WHERE finished_at IS NOT NULL"),
    "videos": ("(title || ' ' || file_path) gin_trgm_ops", ""),
    "audio_tracks": (f"({TRACK_WORDS}) gin_trgm_ops", ""),
}


def upgrade() -> None:
    """jobs by what wanted them and how they ended; jobs, videos and tracks by words."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE INDEX ix_job_runs_parent ON job_runs (parent_id, id) WHERE parent_id IS NOT NULL")
    op.execute("CREATE INDEX ix_job_runs_ended_badly ON job_runs (status, id) WHERE status IN ('failed', 'cancelled')")
    op.execute("CREATE INDEX ix_job_runs_erred ON job_runs (id) WHERE error IS NOT NULL")
    for table, (words, which) in WORDS.items():
        op.execute(
            f"CREATE INDEX ix_{table}_words ON {table} USING gin ({words}) WITH (gin_pending_list_limit = 65536) {which}"
        )
