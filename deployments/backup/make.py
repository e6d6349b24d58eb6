"""Making a backup, while everything runs or while nothing does."""

from __future__ import annotations

import json
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from darkroom import __version__
from darkroom.settings import Settings
from db.engine import make_engine
from deployments.backup.databases import Databases, databases
from deployments.errors import StartError

#: The names in the file.
MANIFEST, DARKROOM, PREFECT = "manifest.json", "darkroom.dump", "prefect.dump"
#: Of the file's layout.
FORMAT = 1


def backup(settings: Settings, file: Path) -> int:
    """Write both databases to `file`, whole or not at all; its size in bytes.

    Raises StartError where that cannot be done; a file of that name stays as it was then.
    """
    if not file.parent.is_dir():
        raise StartError(f"There is no folder {file.parent}; make it, or name another file")
    with databases(settings) as found, tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
        whole = write(found, Path(folder))
        whole.replace(file)
    return file.stat().st_size


def write(found: Databases, folder: Path) -> Path:
    """Write the three members of a backup to this folder, and the backup; its path."""
    manifest = {
        "format": FORMAT,
        "darkroom": __version__,
        "schema": _schema(found),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    for name, url in ((DARKROOM, found.darkroom), (PREFECT, found.prefect)):
        found.run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", "-f", str(folder / name))
    whole = folder / "backup.tar"
    with tarfile.open(whole, "w") as archive:
        for name in (MANIFEST, DARKROOM, PREFECT):
            archive.add(folder / name, arcname=name)
    whole.chmod(0o600)
    return whole


def _schema(found: Databases) -> str:
    engine = make_engine(found.urls.darkroom)
    try:
        with engine.connect() as conn:
            return str(conn.scalar(text("SELECT version_num FROM alembic_version")))
    finally:
        engine.dispose()
