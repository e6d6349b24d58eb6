"""find what was cleared together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """find what was cleared together."""
    op.create_index(
        "ix_job_runs_cleared",
        "job_runs",
        ["cleared_at"],
        unique=False,
        postgresql_where=sa.text("cleared_at IS NOT NULL"),
    )
