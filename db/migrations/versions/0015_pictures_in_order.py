"""pictures of a gallery in their order."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """pictures of a gallery in their order."""
    op.execute("CREATE INDEX ix_images_by_path ON images (gallery_id, file_path COLLATE natural_order, id)")
    op.drop_index("ix_images_gallery_id", table_name="images")
