"""By what machines know that they share the folder of generated files: a file in it that names it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from darkroom import __version__
from db import installation
from db.installation import Installation

NAME = ".darkroom-cache"


def register(conn: Connection, cache: Path) -> None:
    """Say which Darkroom runs on this database and which folder of generated files it serves.

    Raises OSError where the folder cannot be written to.
    """
    marked = read(cache)
    if marked is None:
        cache.mkdir(parents=True, exist_ok=True)
        marked = str(uuid.uuid4())
        (cache / NAME).write_text(f"{marked}\n")
    installation.write(conn, Installation(__version__, marked))


def read(cache: Path) -> str | None:
    """What the folder's marker says; None where it has none."""
    with suppress(OSError, ValueError):
        return str(uuid.UUID((cache / NAME).read_text().strip()))
    return None
