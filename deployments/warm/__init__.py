"""Warm start: flow runs forked from a process that has imported everything once."""

from __future__ import annotations
