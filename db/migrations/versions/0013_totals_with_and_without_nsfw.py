"""totals of jobs on NSFW targets apart from the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models import totals

revision = "0013"
down_revision = "0012"

COUNT_AGAIN = """
    INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
    SELECT queue_name, status, is_nsfw, count(*) FROM job_runs WHERE cleared_at IS NULL GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    """totals of jobs on NSFW targets apart from the others."""
    # Nobody changes a job between the counting and the first change that is counted anew.
    op.execute("LOCK TABLE job_runs IN SHARE ROW EXCLUSIVE MODE")
    op.execute("DELETE FROM job_totals")
    op.add_column("job_totals", sa.Column("is_nsfw", sa.Boolean(), nullable=False))
    op.drop_index("uq_job_runs_unfinished_target", table_name="job_runs")
    op.create_index(
        "uq_job_runs_unfinished_target",
        "job_runs",
        ["queue_name", "target_type", "target_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
        postgresql_include=["is_nsfw"],
    )
    op.execute(totals.COUNT)
    op.execute(COUNT_AGAIN)
