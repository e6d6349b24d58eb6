"""library servers that refuse to be asked, and the libraries that they have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """library servers that refuse to be asked, and the libraries that they have."""
    op.add_column("shelves", sa.Column("trouble", sa.Text(), nullable=True))
    op.add_column("shelves", sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True))
    libraries = sa.Column("libraries", postgresql.JSONB(), server_default="{}", nullable=False)
    op.add_column("shelves", libraries)
    op.execute("UPDATE shelves SET enabled = false WHERE library_id = ''")
    op.create_check_constraint("trouble_since", "shelves", "(trouble IS NULL) = (trouble_since IS NULL)")
    op.create_check_constraint("chosen", "shelves", "library_id <> '' OR NOT enabled")
