"""counts of large statements without comparing each row with each."""

from __future__ import annotations

from alembic import op

from db.models import lacking, totals

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """counts of large statements without comparing each row with each."""
    op.execute(totals.COUNT)
    op.execute(lacking.of_jobs())
