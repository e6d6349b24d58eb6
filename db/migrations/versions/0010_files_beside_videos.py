"""generated files beside the videos that they are made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """generated files beside the videos that they are made of."""
    op.create_table(
        "files_beside",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_mtime_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("path", "file_size", "file_mtime_ns", name=op.f("pk_files_beside")),
    )
