"""The `darkroom` command. It asks the running system over HTTP, and starts and stops it."""

from __future__ import annotations

from deployments.cli.app import main

__all__ = ["main"]
