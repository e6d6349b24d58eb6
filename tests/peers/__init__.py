"""Programs that users have at home, started for tests: download clients, a tracker, a news server."""

from __future__ import annotations
