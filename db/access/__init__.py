"""Who may: people, their sessions, tokens of programs, and what each of them did."""

from __future__ import annotations

from db.access.types import ANYBODY, SCOPES, AccessError, NoSuchError, Scope, Who

__all__ = ["ANYBODY", "SCOPES", "AccessError", "NoSuchError", "Scope", "Who"]
