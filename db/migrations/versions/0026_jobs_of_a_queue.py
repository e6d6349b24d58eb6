"""jobs of a queue."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """jobs of a queue."""
    # A job is entered once, when it ends: those that have not are few, or found from the newest on.
    op.execute("CREATE INDEX ix_job_runs_queue ON job_runs (queue_name, id) WHERE finished_at IS NOT NULL")
