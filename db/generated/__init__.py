"""Generated files: which a row names, and which were put beside videos."""

from __future__ import annotations

from db.generated.addresses import address
from db.generated.covers import COVERS, cover, covers
from db.generated.notes import Noted, forget, forget_older, note, noted, unnamed
from db.generated.shelves import NAMED, busy, owned
from db.generated.videos import FILES, Generated, count, hold, is_being_made, page, rename, where

__all__ = [
    "COVERS",
    "FILES",
    "NAMED",
    "Generated",
    "Noted",
    "address",
    "busy",
    "count",
    "cover",
    "covers",
    "forget",
    "forget_older",
    "hold",
    "is_being_made",
    "note",
    "noted",
    "owned",
    "page",
    "rename",
    "unnamed",
    "where",
]
