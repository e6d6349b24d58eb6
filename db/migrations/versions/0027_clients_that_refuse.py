"""download clients that refuse to be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """download clients that refuse to be asked."""
    op.add_column("download_clients", sa.Column("trouble", sa.Text(), nullable=True))
    op.add_column("download_clients", sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("trouble_since", "download_clients", "(trouble IS NULL) = (trouble_since IS NULL)")
