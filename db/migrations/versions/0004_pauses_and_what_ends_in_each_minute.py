"""pauses, and what ends in each minute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNT = """
CREATE OR REPLACE FUNCTION job_totals_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM job_totals;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, count(*) FROM after WHERE cleared_at IS NULL GROUP BY 1, 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, -count(*) FROM before WHERE cleared_at IS NULL GROUP BY 1, 2;
    ELSE
        INSERT INTO job_totals (queue_name, status, jobs)
        SELECT queue_name, status, sum(n) FROM (
            SELECT queue_name, status, 1 AS n FROM after WHERE cleared_at IS NULL
            UNION ALL
            SELECT queue_name, status, -1 FROM before WHERE cleared_at IS NULL
        ) AS both_sides GROUP BY 1, 2 HAVING sum(n) <> 0;
        INSERT INTO job_rates (queue_name, status, minute, jobs)
        SELECT after.queue_name, after.status, date_trunc('minute', after.finished_at), count(*)
        FROM after JOIN before USING (id)
        WHERE after.finished_at IS NOT NULL AND before.finished_at IS NULL GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """pauses, and what ends in each minute."""
    op.create_table(
        "job_rates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_rates")),
    )
    op.create_index(op.f("ix_job_rates_minute"), "job_rates", ["minute"], unique=False)
    op.create_table(
        "queue_pauses",
        sa.Column("queue_name", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("queue_name", name=op.f("pk_queue_pauses")),
    )
    op.execute(COUNT)
