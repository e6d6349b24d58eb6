"""Filing a finished download into the library: found, named, linked or copied, tagged, joined."""

from __future__ import annotations
