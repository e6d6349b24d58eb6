"""Other people's programs: how each is asked, and what it answers."""

from __future__ import annotations
