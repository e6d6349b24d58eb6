"""What lies in a watched folder: walking it, and reading names and sidecar files."""

from __future__ import annotations
