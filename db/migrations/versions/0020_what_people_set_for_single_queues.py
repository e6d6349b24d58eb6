"""what people set for single queues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """what people set for single queues."""
    op.create_table(
        "queue_settings",
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("slots", sa.SmallInteger(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(slots, priority) > 0", name=op.f("ck_queue_settings_says_something")),
        sa.CheckConstraint("priority IN (1, 5, 10)", name=op.f("ck_queue_settings_priority")),
        sa.CheckConstraint("slots BETWEEN 1 AND 16", name=op.f("ck_queue_settings_slots")),
        sa.PrimaryKeyConstraint("queue_name", name=op.f("pk_queue_settings")),
    )
