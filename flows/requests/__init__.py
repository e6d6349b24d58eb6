"""Requests for audiobooks, from the search to the shelf: one short flow per queue, each a shell over its kernel."""

from __future__ import annotations
