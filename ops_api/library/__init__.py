"""The library as pages show it: what narrows a list, and what stands on a card."""

from __future__ import annotations
