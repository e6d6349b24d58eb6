"""what people may."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """what people may."""
    # So far everybody who could sign in was an administrator.
    op.add_column("people", sa.Column("scope", sa.Text(), server_default="admin", nullable=False))
    op.alter_column("people", "scope", server_default=None)
    op.create_check_constraint(op.f("ck_people_scope"), "people", "scope IN ('read', 'operate', 'admin')")
