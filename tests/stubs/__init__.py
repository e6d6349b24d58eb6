"""Programs that cannot be installed for tests, as far as Darkroom speaks with them."""

from __future__ import annotations
