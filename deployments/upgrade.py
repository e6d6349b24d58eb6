"""What `darkroom up` does where the database was made by an earlier version: a backup first, then the migrations."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from darkroom.settings import Settings, settings
from db.migrate import NewerSchemaError, schema_at
from deployments.backup import backup
from deployments.errors import StartError

log = logging.getLogger("darkroom.upgrade")

#: How many of the backups that are made without being asked for are kept.
KEPT = 3


def folder(settings: Settings) -> Path:
    """Where they lie."""
    return settings.home / "backups"


def needs_backup(settings: Settings, url: str) -> bool:
    """Whether migrations are to change what is in the database, and a backup of it is wanted.

    Raises StartError where the database was made by a newer version.
    """
    there = schema_at(url)
    if there.is_newer:
        raise StartError(str(NewerSchemaError(str(there.found))))
    return there.is_older and settings.backup_before_upgrade


def make_backup(settings: Settings) -> Path:
    """Back both databases up before the migrations; the oldest such backups go.

    Raises StartError where that cannot be done: one sentence, with the words of PostgreSQL's program.
    """
    folder(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder(settings) / f"before-upgrade-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
    try:
        backup(settings, file)
    except StartError as error:
        raise StartError(
            "The database is to be changed for this version and could not be backed up first. Nothing was changed; "
            "see below for why, or set DARKROOM_BACKUP_BEFORE_UPGRADE=false to go without",
            str(error),
        ) from error
    for old in sorted(folder(settings).glob("before-upgrade-*.tar"))[:-KEPT]:
        old.unlink()
    return file


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        log.info("Backed up to %s", make_backup(settings()))
    except StartError as error:
        log.error("%s", error)
        sys.exit(1)
