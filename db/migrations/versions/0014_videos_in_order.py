"""videos by title, by length and by size."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

KEYS = {"title": 'title COLLATE "natural_order"', "duration": "coalesce(duration, -1)", "size": "file_size"}


def upgrade() -> None:
    """videos by title, by length and by size."""
    for name, key in KEYS.items():
        op.execute(f"CREATE INDEX ix_videos_by_{name} ON videos ({key}, id) WHERE missing_since IS NULL")
