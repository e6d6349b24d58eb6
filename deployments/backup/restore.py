"""Bringing a backup back: first beside what is there, then in its place. What was there is kept under another name."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from darkroom.settings import Settings
from db.migrate import MIGRATIONS, upgrade
from deployments.backup.databases import Databases, databases
from deployments.backup.make import DARKROOM, FORMAT, MANIFEST, PREFECT
from deployments.errors import StartError
from deployments.postgres.urls import text_of
from deployments.up.lock import HomeLock

MEMBERS = (MANIFEST, DARKROOM, PREFECT)
#: A manifest is no longer than this (bytes).
LONGEST = 10_000


def restore(settings: Settings, file: Path) -> list[str]:
    """Put both databases back as they were; the names under which those of before are kept.

    Raises StartError where the file is no backup of this version or an earlier one, or something runs on this home;
    nothing is changed then.
    """
    with HomeLock(settings.home) as lock, tempfile.TemporaryDirectory(prefix="darkroom-restore-") as folder:
        lock.take()
        _unpack(file, Path(folder))
        with databases(settings) as found:
            return put_back(found, Path(folder))


def put_back(found: Databases, folder: Path) -> list[str]:
    """Bring the dumps in this folder back; the names under which the databases of before are kept.

    Raises StartError where one cannot be read or brought to this version's schema; nothing is changed then.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    dumps = {str(found.darkroom.database): DARKROOM, str(found.prefect.database): PREFECT}
    brought: list[str] = []
    try:
        for name, dump in dumps.items():
            found.execute("CREATE DATABASE {new} TEMPLATE template0", new=f"{name}_new_{stamp}")
            brought.append(f"{name}_new_{stamp}")
            there = found.darkroom.set(database=brought[-1])
            found.run("pg_restore", there, "--exit-on-error", "--no-owner", "--no-privileges", str(folder / dump))
        # What an earlier version wrote is brought to this one's schema before it takes the place of anything.
        _upgrade(text_of(found.darkroom.set(database=brought[0])))
    except StartError:
        for new in brought:
            found.execute("DROP DATABASE {new}", new=new)
        raise
    for name, new in zip(dumps, brought, strict=True):
        found.execute("ALTER DATABASE {old} RENAME TO {kept}", old=name, kept=f"{name}_before_{stamp}")
        found.execute("ALTER DATABASE {new} RENAME TO {old}", new=new, old=name)
    return [f"{name}_before_{stamp}" for name in dumps]


def _upgrade(url: str) -> None:
    try:
        upgrade(url)
    except SQLAlchemyError as error:
        raise StartError("What the backup holds could not be brought to this version's schema", str(error)) from error


def _unpack(file: Path, folder: Path) -> None:
    """The three members of a backup, and nothing else that the file may hold."""
    try:
        with tarfile.open(file) as archive:
            for name in MEMBERS:
                member = archive.extractfile(archive.getmember(name))
                if member is None:
                    raise KeyError(name)
                with member, (folder / name).open("wb") as out:
                    shutil.copyfileobj(member, out)
        _check(json.loads((folder / MANIFEST).read_bytes()[:LONGEST]))
    except OSError as error:
        raise StartError(f"{file} cannot be read: {error.strerror or error}") from None
    except (tarfile.TarError, KeyError, ValueError, TypeError):
        raise StartError(f"{file} is no backup of Darkroom's: name a file that darkroom backup made") from None


def _check(manifest: dict[str, Any]) -> None:
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if manifest["format"] != FORMAT or manifest["schema"] not in known:
        made_by = manifest["darkroom"]
        raise StartError(
            f"The backup was made by Darkroom {made_by}, which is newer: install that version, then restore"
        )
