"""collections that know whether their items are of their rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MEMBERS = ("video_id", "gallery_id", "image_id", "track_id")


def upgrade() -> None:
    """collections that know whether their items are of their rules."""
    op.drop_column("collections", "item_count")
    op.add_column("collections", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("collections", sa.Column("refreshed_revision", sa.Integer(), nullable=True))
    op.alter_column("collection_items", "sort_order", type_=sa.BigInteger())
    op.create_index("ix_collection_items_order", "collection_items", ["collection_id", "sort_order", "id"])
    for member in MEMBERS:
        op.drop_constraint(op.f(f"uq_collection_items_collection_id_{member}"), "collection_items", type_="unique")
        op.drop_index(op.f(f"ix_collection_items_{member}"), "collection_items")
        op.create_index(
            f"uq_collection_items_{member}",
            "collection_items",
            [member, "collection_id"],
            unique=True,
            postgresql_where=sa.text(f"{member} IS NOT NULL"),
        )
