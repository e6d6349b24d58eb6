"""Darkroom: the background work of a self-hosted media library, on Prefect."""

from __future__ import annotations

__version__ = "0.1.0"
