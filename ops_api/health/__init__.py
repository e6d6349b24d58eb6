"""Whether everything that Darkroom needs is there: one line for each thing, with what to do where it is not."""

from __future__ import annotations

from ops_api.health.check import Check, State, worst
from ops_api.health.report import report

__all__ = ["Check", "State", "report", "worst"]
