"""find what was done long ago."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """find what was done long ago."""
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
