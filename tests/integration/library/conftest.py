from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from db import ledger, paths, roots, scan
from db.ledger import FollowUp
from db.results import RESULTS
from db.scan import tables
from flows import library_kinds
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

    kind = library_kinds.VIDEOS

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
        return scan_root(self.engine, self.root.id, self.story, enqueue, self.kind)

    def finish_jobs(self) -> None:
        """Every queue has done its work on every file."""
        with self.engine.begin() as conn:
            conn.execute(text("DELETE FROM job_runs"))
            for part in self.kind.parts:
                self._finish(conn, part.files)

    def _finish(self, conn: Connection, files: scan.Files) -> None:
        done = ", ".join(f"{RESULTS[queue].revision} = revision" for queue in scan.queues(files))
        conn.execute(text(f"UPDATE {files.table} SET {done}"))
        mine = f"library_root_id = :root AND missing_since IS NULL AND {files.condition}"
        there = text(f"SELECT id, file_path FROM {files.table} f WHERE {mine}")
        for row in conn.execute(there, {"root": self.root.id}).all():
            path = paths.to_path(row.file_path)
            with path.open("rb") as file:
                short = oshash(file, path.stat().st_size)
            values = {"oshash": short, "id": row.id}
            conn.execute(text(f"UPDATE {files.table} SET oshash = :oshash WHERE id = :id"), values)

    def settle(self) -> None:
        self.scan()
        self.finish_jobs()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement), values).mappings())

    def change(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def below(self, path: str | None) -> str | None:
        """A path as it is below the folder; the folder itself is a dot."""
        return path and (path[len(paths.to_text(self.folder)) + 1 :] or ".")

    def files(self, *parts: scan.Files) -> dict[str, Any]:
        """The rows of this watched folder, by path below it."""
        rows = "SELECT * FROM {} WHERE library_root_id = :root ORDER BY file_path"
        found = [row for files in parts for row in self.rows(rows.format(files.table), root=self.root.id)]
        return {str(self.below(row["file_path"])): row for row in found}

    def videos(self) -> dict[str, Any]:
        return self.files(scan.VIDEOS)

    def all(self) -> dict[str, Any]:
        return self.files(*(part.files for part in self.kind.parts))

    def there(self) -> set[str]:
        return {name for name, row in self.all().items() if row["missing_since"] is None}

    def ids(self) -> dict[str, int]:
        return {name: row["id"] for name, row in self.all().items()}

    def jobs(self) -> dict[str, set[str]]:
        """The queues of the unfinished jobs, by the file's path."""
        found: dict[str, set[str]] = {}
        for part in self.kind.parts:
            names = {str(row["id"]): name for name, row in self.files(part.files).items()}
            wanted = "SELECT queue_name, target_id FROM job_runs WHERE status = 'queued' AND target_type = :kind"
            for job in self.rows(wanted, kind=part.files.name):
                if name := names.get(job["target_id"]):
                    found.setdefault(name, set()).add(job["queue_name"])
        return found

    def folders(self, table: str) -> dict[str, Any]:
        """The rows of folders, by path below the folder, with the path of the one around as `around`."""
        found = self.rows(
            f"SELECT d.*, above.folder_path AS around FROM {table} d LEFT JOIN {table} above ON above.id = d.parent_id"
            " WHERE d.folder_path IS NOT NULL AND d.library_root_id = :root ORDER BY d.folder_path",
            root=self.root.id,
        )
        return {str(self.below(row["folder_path"])): {**row, "around": self.below(row["around"])} for row in found}


class Pictures(Library):
    kind = library_kinds.PICTURES

    def galleries(self) -> dict[str, Any]:
        return self.folders("galleries")


class Audio(Library):
    kind = library_kinds.AUDIO

    def libraries(self) -> dict[str, Any]:
        return self.folders("audio_libraries")


def enqueue(conn: Connection, jobs: Sequence[FollowUp]) -> None:
    ledger.enqueue(conn, jobs, trigger="library-scan", priority=1)


ALL = {"media-probe", "fingerprint", "extract-subtitles", "preview"}


@pytest.fixture
def library(engine: Engine, tmp_path: Path) -> Library:
    return Library(engine, tmp_path / "films")


@pytest.fixture
def pictures(engine: Engine, tmp_path: Path) -> Pictures:
    return Pictures(engine, tmp_path / "pictures")


@pytest.fixture
def audio(engine: Engine, tmp_path: Path) -> Audio:
    return Audio(engine, tmp_path / "audio")


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
