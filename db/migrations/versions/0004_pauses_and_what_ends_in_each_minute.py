"""pauses, and what ends in each minute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models import totals

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """pauses, and what ends in each minute."""
    op.create_table(
        "job_rates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_rates")),
    )
    op.create_index(op.f("ix_job_rates_minute"), "job_rates", ["minute"], unique=False)
    op.create_table(
        "queue_pauses",
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("queue_name", name=op.f("pk_queue_pauses")),
    )
    op.execute(totals.COUNT)
