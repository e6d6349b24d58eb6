"""`python -m deployments.cli`: the command where it is not installed."""

from __future__ import annotations

from deployments.cli.app import main

main()
