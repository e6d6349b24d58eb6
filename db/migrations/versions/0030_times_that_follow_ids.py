"""times that follow ids."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

# A job was said to be from when its transaction began: it is no earlier than those whose ids were given before. What
# is off by more than an hour is not a transaction's doing, but that of a clock that was wrong.
_IN_ORDER = """
    UPDATE job_runs SET created_at = ordered.latest
    FROM (SELECT id, max(created_at) OVER (ORDER BY id) AS latest FROM job_runs) AS ordered
    WHERE ordered.id = job_runs.id AND job_runs.created_at < ordered.latest - interval '1 second'
      AND job_runs.created_at > ordered.latest - interval '1 hour'
"""


def upgrade() -> None:
    """times that follow ids."""
    op.alter_column("job_runs", "created_at", server_default=sa.func.clock_timestamp())
    op.execute(_IN_ORDER)
    op.drop_table("job_watermarks")
