"""totals of jobs on NSFW targets apart from the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

COUNT = """
CREATE OR REPLACE FUNCTION job_totals_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM job_totals;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, count(*) FROM after WHERE cleared_at IS NULL GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, -count(*) FROM before WHERE cleared_at IS NULL GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, sum(n) FROM (
            SELECT queue_name, status, is_nsfw, 1 AS n FROM after WHERE cleared_at IS NULL
            UNION ALL
            SELECT queue_name, status, is_nsfw, -1 FROM before WHERE cleared_at IS NULL
        ) AS both_sides GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
        INSERT INTO job_rates (queue_name, status, minute, jobs)
        SELECT after.queue_name, after.status, date_trunc('minute', after.finished_at), count(*)
        FROM after JOIN before USING (id)
        WHERE after.finished_at IS NOT NULL AND before.finished_at IS NULL GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$
"""

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
    op.execute(COUNT)
    op.execute(COUNT_AGAIN)
