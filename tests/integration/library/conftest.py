from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from db import ledger, paths, roots
from db.ledger import FollowUp
from db.scan import tables
from flows.library_scan import ScanResult, scan_root
from tasks.control import Level, NoControl
from tasks.media.oshash import oshash

#: Long ago: such a file is not being written.
THEN = 1_600_000_000


class Story(NoControl):
    """Keeps what a scan says."""

    def __init__(self) -> None:
        self.lines: list[tuple[Level, str]] = []
        self.fractions: list[float] = []

    def log(self, level: Level, message: str, **details: Any) -> None:
        self.lines.append((level, message))

    def progress(self, fraction: float) -> None:
        self.fractions.append(fraction)


class Library:
    """A watched folder, its ledger, and the hands that change both."""

    def __init__(self, engine: Engine, folder: Path, **choices: Any) -> None:
        self.engine, self.folder, self.story = engine, folder, Story()
        folder.mkdir(exist_ok=True)
        with engine.begin() as conn:
            self.root = roots.add_root(conn, paths.to_text(folder), **choices)

    def write(self, name: str | bytes, content: bytes = b"", at: float = THEN) -> Path:
        path = Path(os.fsdecode(os.fsencode(self.folder) + b"/" + os.fsencode(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or (os.fsencode(name) * 9000)[:70_000])
        os.utime(path, (at, at))
        return path

    def scan(self) -> ScanResult:
        self.story = Story()
        return scan_root(self.engine, self.root.id, self.story, enqueue)

    def finish_jobs(self) -> None:
        """Every queue has done its work on every video."""
        with self.engine.begin() as conn:
            conn.execute(text("DELETE FROM job_runs"))
            conn.execute(
                text(
                    "UPDATE videos SET probe_revision = revision, fingerprint_revision = revision,"
                    " preview_revision = revision, subtitles_revision = revision"
                )
            )
            for row in conn.execute(text("SELECT id, file_path FROM videos WHERE missing_since IS NULL")).all():
                path = paths.to_path(row.file_path)
                with path.open("rb") as file:
                    short = oshash(file, path.stat().st_size)
                conn.execute(text("UPDATE videos SET oshash = :oshash WHERE id = :id"), {"oshash": short, "id": row.id})

    def settle(self) -> None:
        self.scan()
        self.finish_jobs()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement), values).mappings())

    def change(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def videos(self) -> dict[str, Any]:
        """By path below the folder."""
        start = len(paths.to_text(self.folder)) + 1
        return {row["file_path"][start:]: row for row in self.rows("SELECT * FROM videos ORDER BY file_path")}

    def ids(self) -> dict[str, int]:
        return {name: row["id"] for name, row in self.videos().items()}

    def jobs(self) -> dict[str, set[str]]:
        """The queues of the unfinished jobs, by the video's path."""
        names = {str(row["id"]): name for name, row in self.videos().items()}
        found: dict[str, set[str]] = {}
        for job in self.rows("SELECT queue_name, target_id FROM job_runs WHERE status = 'queued'"):
            found.setdefault(names[job["target_id"]], set()).add(job["queue_name"])
        return found


def enqueue(conn: Connection, jobs: Sequence[FollowUp]) -> None:
    ledger.enqueue(conn, jobs, trigger="library-scan", priority=1)


ALL = {"media-probe", "fingerprint", "extract-subtitles", "preview"}


@pytest.fixture
def library(engine: Engine, tmp_path: Path) -> Library:
    return Library(engine, tmp_path / "films")


class Statements:
    """Counts the statements of an engine, and the COPYs of scans."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._copy = tables.copy
        event.listen(engine, "before_cursor_execute", self._add)
        monkeypatch.setattr(tables, "copy", self._copied)

    def _add(self, *_: object) -> None:
        self.count += 1

    def _copied(self, *arguments: Any) -> None:
        self._add()
        self._copy(*arguments)
