from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from darkroom.settings import settings
from db import paths
from db.models import AudioLibrary, AudioTrack
from db.selection import run_queue
from flows.audio import FINGERPRINT, PROBE, WAVEFORM, ProbeWork, _fingerprint, _waveform
from flows.engine import QueueRun
from flows.media import MediaWork
from flows.queues import BY_NAME
from tasks.library.names import plain_title
from tests.integration.media.audio.sounds import Sounds
from tests.rows import add_folder, add_settings
from tests.threads import Threads

WORK = {
    PROBE: ProbeWork,
    FINGERPRINT: lambda: MediaWork(FINGERPRINT, _fingerprint),
    WAVEFORM: lambda: MediaWork(WAVEFORM, _waveform),
}


class Shelf:
    """A watched folder with one book in it, as a scan finds them, and the flows of the audio queues."""

    def __init__(self, engine: Engine, folder: Path, cache: Path) -> None:
        self.engine, self.folder, self.cache = engine, folder, cache
        folder.mkdir()
        with engine.begin() as conn:
            self.root = add_folder(conn, paths.to_text(folder))
            add_settings(conn)
            book = {"library_root_id": self.root, "folder_path": paths.to_text(folder), "title": "Book"}
            self.book = conn.scalar(insert(AudioLibrary).values(book).returning(AudioLibrary.id))

    def track(self, source: Path, name: str, **values: Any) -> int:
        """A track as a scan finds it. Its id."""
        path = shutil.copy(source, self.folder / name)
        row = {
            "library_root_id": self.root,
            "audio_library_id": self.book,
            "file_path": paths.to_text(path),
            "file_size": path.stat().st_size,
            "file_mtime_ns": 1,
            "title": plain_title(name),
        }
        with self.engine.begin() as conn:
            return conn.scalar(insert(AudioTrack).values({**row, **values}).returning(AudioTrack.id))

    def picture(self, source: Path | None, signature: str | None = "1") -> None:
        """A picture in the folder, as a scan has seen it."""
        path = self.folder / "cover.png"
        path.unlink(missing_ok=True)
        if source:
            shutil.copy(source, path)
        self.change(
            "UPDATE audio_libraries SET cover_source = :path, cover_signature = :signature",
            path=paths.to_text(path) if source else None,
            signature=signature if source else None,
        )

    def run(self, queue: str, *, everything: bool = False) -> int:
        """What the Run button does; how many jobs it enqueued."""
        with self.engine.begin() as conn:
            made = run_queue(conn, queue, everything=everything)
        threads = Threads()
        QueueRun(self.engine, BY_NAME[queue], WORK[queue](), threads, str(uuid.uuid4())).work_off()
        assert threads.faults == []
        return made.enqueued

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement), values).mappings())

    def change(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def row(self, track: int) -> Any:
        return self.rows("SELECT * FROM audio_tracks WHERE id = :id", id=track)[0]

    @property
    def cover(self) -> Any:
        return self.rows("SELECT cover_path, cover_made_from FROM audio_libraries")[0]

    def words(self, kind: str, track: int) -> set[str]:
        """The tags or performers of a track."""
        statement = f"SELECT name FROM {kind}s w JOIN track_{kind}s l ON l.{kind}_id = w.id WHERE track_id = :id"
        return {row["name"] for row in self.rows(statement, id=track)}

    def story(self) -> list[tuple[str, str]]:
        """The warnings of all jobs."""
        rows = self.rows("SELECT level, message FROM job_events WHERE level <> 'info' ORDER BY id")
        return [(row["level"], row["message"]) for row in rows]


@pytest.fixture
def shelf(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield Shelf(engine, tmp_path / "book", tmp_path / "cache")
    settings.cache_clear()


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    return Sounds(tmp_path_factory.mktemp("sounds"))
