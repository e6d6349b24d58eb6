"""The PostgreSQL that Darkroom works on: a private cluster under its home, or a server that a URL names."""

from __future__ import annotations
