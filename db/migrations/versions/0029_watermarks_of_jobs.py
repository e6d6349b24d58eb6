"""watermarks of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """watermarks of jobs."""
    op.create_table(
        "job_watermarks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_watermarks")),
    )
    op.create_index(op.f("ix_job_watermarks_reached_at"), "job_watermarks", ["reached_at"], unique=False)
