"""`darkroom up` and `darkroom down`: everything that Darkroom consists of, started together and stopped together."""

from __future__ import annotations
