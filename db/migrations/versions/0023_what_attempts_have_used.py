"""what attempts have used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """what attempts have used."""
    op.add_column("job_runs", sa.Column("cpu_seconds", sa.REAL(), nullable=True))
    op.add_column("job_runs", sa.Column("peak_memory", sa.BigInteger(), nullable=True))
