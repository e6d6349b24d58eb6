"""watching."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """watching."""
    op.add_column("library_settings", sa.Column("watch_enabled", sa.Boolean(), server_default="false", nullable=False))
