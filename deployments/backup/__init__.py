"""Both databases in one file, and back. Generated files are not in it: Run makes them anew."""

from __future__ import annotations

from deployments.backup.make import backup
from deployments.backup.restore import restore

__all__ = ["backup", "restore"]
