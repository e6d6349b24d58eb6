"""Who may: who asks, what each address needs, and the gate that asks before anything else does."""

from __future__ import annotations
