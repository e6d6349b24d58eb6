"""indexes of jobs that wait, are leased, were completed."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """indexes of jobs that wait, are leased, were completed."""
    # PostgreSQL writes to each index that a row is part of whenever the row changes. The index of claims is one that no
    # other can stand in for; leases have one instead of two; what was completed is found without what was not.
    for name in ("claim", "leased", "lease_owner", "finished"):
        op.drop_index(f"ix_job_runs_{name}", "job_runs")
    op.execute(
        "CREATE INDEX ix_job_runs_claim ON job_runs (queue_name, priority DESC, run_at, id)"
        " WHERE finished_at IS NULL AND lease_owner IS NULL"
    )
    op.execute("CREATE INDEX ix_job_runs_leased ON job_runs (queue_name, lease_owner) WHERE lease_owner IS NOT NULL")
    op.execute(
        "CREATE INDEX ix_job_runs_completed ON job_runs (queue_name, finished_at DESC) WHERE status = 'completed'"
    )
