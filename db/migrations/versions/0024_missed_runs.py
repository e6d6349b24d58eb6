"""what becomes of missed runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """what becomes of missed runs."""
    op.add_column("queue_settings", sa.Column("skip_missed", sa.Boolean(), server_default="false", nullable=False))
    name = op.f("ck_queue_settings_says_something")
    op.drop_constraint(name, "queue_settings")
    op.create_check_constraint(name, "queue_settings", "skip_missed OR num_nonnulls(slots, priority) > 0")
