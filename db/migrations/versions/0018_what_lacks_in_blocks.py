"""what lacks a result, counted in blocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models import lacking

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """what lacks a result, counted in blocks."""
    for name, columns in (
        (
            "lacking_counts",
            (sa.Column("is_nsfw", sa.Boolean(), nullable=False), sa.Column("files", sa.Integer(), nullable=False)),
        ),
        ("lacking_touched", ()),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
            sa.Column("queue_name", sa.Text(), nullable=False),
            sa.Column("block", sa.BigInteger(), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )
    for statement in lacking.statements():
        op.execute(statement)
