"""flows that Prefect has ended, where it and the ledger disagreed, and what other machines must have in common."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """flows that Prefect has ended, where it and the ledger disagreed, and what other machines must have in common."""
    op.add_column("queue_flows", sa.Column("disowned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "disagreements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("queue_name", sa.Text(), nullable=True),
        sa.Column("flow_run_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disagreements")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("cache_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
