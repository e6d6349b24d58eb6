from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from darkroom.settings import settings
from db import library_settings
from db.generated import FILES
from db.selection import run_queue
from flows import maintenance
from flows import video as video_flow
from flows.engine import QueueRun
from flows.queues import BY_NAME
from tests.rows import add_folder, add_video
from tests.threads import Threads

#: Of how many seconds ago files are that no job can be writing.
LONG_AGO = 3 * 24 * 3600
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\n{sprite}#xywh=0,0,160,90\n"


class House:
    """A watched folder, a cache, and their ledger."""

    def __init__(self, engine: Engine, folder: Path, cache: Path) -> None:
        self.engine, self.folder, self.cache = engine, folder, cache
        folder.mkdir()
        with engine.begin() as conn:
            self.root = add_folder(conn, str(folder))

    def settings(self, **values: Any) -> None:
        with self.engine.begin() as conn:
            library_settings.write(conn, **values)

    def video(self, name: str, **columns: Any) -> int:
        """A video file with a row."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")
        with self.engine.begin() as conn:
            return add_video(conn, self.root, file_path=str(path), preview_revision=1, **columns)

    def previewed(self, name: str) -> int:
        """A video whose five generated files lie in the cache."""
        number = self.video(name)
        for column, file in FILES.items():
            content = VTT.format(sprite="sprite.jpg") if file.endswith(".vtt") else f"{file} of {name}"
            self.write(f"videos/{number}/{file}", content)
            self.run(f"UPDATE videos SET {column} = :path WHERE id = :id", path=f"videos/{number}/{file}", id=number)
        return number

    def write(self, name: str | Path, content: str = "x", age: float = LONG_AGO) -> Path:
        """A file below the cache, or at an absolute path, of so many seconds ago; the folders that it lies in too."""
        path = self.cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        then = time.time() - age
        for touched in (path, path.parent, path.parent.parent):
            os.utime(touched, (then, then))
        return path

    def run(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def rows(self, statement: str) -> list[Any]:
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement)).all())

    def named(self, number: int) -> dict[str, str]:
        """The files that a video's row names, by column."""
        with self.engine.begin() as conn:
            row = conn.execute(text(f"SELECT {', '.join(FILES)} FROM videos WHERE id = :id"), {"id": number}).one()
        return {column: path for column, path in row._mapping.items() if path}

    def contents(self, number: int) -> dict[str, str]:
        """What those files hold, by their names in the cache; each must be there."""
        return {FILES[column]: (self.cache / path).read_text() for column, path in self.named(number).items()}

    def age(self) -> None:
        """Everything that was written down of files beside videos was written down long ago."""
        self.run("UPDATE files_beside SET noted_at = noted_at - interval '1 day'")

    def tidy(self) -> dict[str, Any]:
        """Run the queue as its button does; what the job says it did."""
        with self.engine.begin() as conn:
            assert run_queue(conn, "library-maintenance").enqueued == 1
            conn.execute(text("UPDATE job_runs SET max_attempts = 1 WHERE status = 'queued'"))
        self.work_off("library-maintenance", maintenance.Maintenance())
        return self.last().result or {}

    def work_off(self, queue: str, work: Any) -> None:
        QueueRun(self.engine, BY_NAME[queue], work, Threads(), str(uuid.uuid4())).work_off()

    def last(self) -> Any:
        return self.rows("SELECT status, result, error, is_nsfw, target_label FROM job_runs ORDER BY id DESC LIMIT 1")[
            0
        ]

    def said(self) -> list[str]:
        return [row.message for row in self.rows("SELECT message FROM job_events WHERE level = 'warn' ORDER BY id")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def house(engine, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(settings(), "cache_dir", cache)
    for module in (maintenance, video_flow):
        monkeypatch.setattr(module, "engine", lambda: engine)
    return House(engine, tmp_path / "films", cache)
