"""What a video was looked up by, how well each proposal fits, and proposals that have no name elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

HASHES = """
    nullif(CASE WHEN fingerprint_revision = revision
                THEN coalesce(checksum_md5, '') || ' ' || coalesce(oshash, '') ELSE ' ' END
           || ' ' || CASE WHEN phash_revision = revision THEN coalesce(phash, '') ELSE '' END, '  ')
"""


def upgrade() -> None:
    """What a video was looked up by, how well each proposal fits, and proposals that have no name elsewhere."""
    op.drop_column("videos", "identify_revision")  # and its index
    op.add_column("videos", sa.Column("looked_up_by", sa.Text(), nullable=True))
    op.create_index(
        "ix_videos_lack_identify",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text(f"looked_up_by IS DISTINCT FROM {HASHES}"),
    )
    op.alter_column("identify_results", "remote_id", existing_type=sa.Text(), nullable=True)
    op.add_column("identify_results", sa.Column("score", sa.SmallInteger(), server_default="100", nullable=False))
    op.create_check_constraint(op.f("ck_identify_results_score"), "identify_results", "score BETWEEN 0 AND 100")
    op.create_index(
        "ix_identify_results_best",
        "identify_results",
        ["status", sa.literal_column("score DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
