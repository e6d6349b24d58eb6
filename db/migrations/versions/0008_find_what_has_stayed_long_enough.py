"""find what has stayed long enough."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """find what has stayed long enough."""
    op.create_index(
        "ix_job_runs_cleared_queue",
        "job_runs",
        ["queue_name", sa.literal_column("finished_at DESC")],
        unique=False,
        postgresql_where=sa.text("status IN ('failed', 'cancelled') AND cleared_at IS NOT NULL"),
    )
    op.create_index(
        "ix_job_runs_unfinished_origin",
        "job_runs",
        ["origin_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
