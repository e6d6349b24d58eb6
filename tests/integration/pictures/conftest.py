from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from darkroom.settings import settings
from db import ledger, paths
from db.ledger import FollowUp
from db.models import Archive, Image
from flows.archive import ArchiveRead
from flows.engine import QueueRun
from flows.pictures import FingerprintWork, ThumbnailWork
from flows.queues import BY_NAME
from tests.integration.media.packing import zip_of
from tests.rows import add_folder, add_settings
from tests.threads import Threads

WORK = {"gallery-scan": ArchiveRead, "image-thumbnail": ThumbnailWork, "image-fingerprint": FingerprintWork}


class Gallery:
    """A watched folder of pictures and archives, its ledger, and the flows of its queues."""

    def __init__(self, engine: Engine, folder: Path, cache: Path) -> None:
        self.engine, self.folder, self.cache = engine, folder, cache
        folder.mkdir()
        with engine.begin() as conn:
            self.root = add_folder(conn, paths.to_text(folder))
            add_settings(conn)

    def archive(self, name: str, files: Mapping[str, bytes], pack: Any = zip_of) -> int:
        """An archive as a scan finds it; one that is there already has another content now. Its id."""
        path = pack(self.folder / name, files)
        facts = {"file_size": path.stat().st_size, "file_mtime_ns": path.stat().st_mtime_ns}
        spelled = paths.to_text(path)
        with self.engine.begin() as conn:
            changed = text(
                "UPDATE archives SET revision = revision + 1, file_size = :file_size, file_mtime_ns = :file_mtime_ns"
                " WHERE file_path = :path RETURNING id"
            )
            row = {"library_root_id": self.root, "file_path": spelled, **facts}
            found = conn.scalar(changed, {"path": spelled, **facts})
            return found or conn.scalar(insert(Archive).values(row).returning(Archive.id))

    def picture(self, name: str, data: bytes, **values: Any) -> int:
        """A picture as a scan finds it. Its id."""
        path = self.folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        row = {"library_root_id": self.root, "file_path": paths.to_text(path), "title": name, "file_size": len(data)}
        with self.engine.begin() as conn:
            return conn.scalar(insert(Image).values({**row, "file_mtime_ns": 1, **values}).returning(Image.id))

    def enqueue(self, queue: str, target: int, kind: str, **payload: Any) -> None:
        with self.engine.begin() as conn:
            job = FollowUp(queue, str(target), f"{kind} {target}", kind, payload=payload)
            ledger.enqueue(conn, [job], trigger="test", priority=1)

    def read(self, archive: int) -> dict[str, Any]:
        """Have an archive read; its job."""
        self.enqueue("gallery-scan", archive, "archive")
        self.work_off("gallery-scan")
        return self.rows("SELECT * FROM job_runs WHERE queue_name = 'gallery-scan' ORDER BY id DESC LIMIT 1")[0]

    def work_off(self, *queues: str) -> None:
        for queue in queues:
            threads = Threads()
            QueueRun(self.engine, BY_NAME[queue], WORK[queue](), threads, str(uuid.uuid4())).work_off()
            assert threads.faults == []

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement), values).mappings())

    def change(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def pages(self) -> dict[str, Any]:
        """The members that are there, by name, in the order of a book."""
        rows = self.rows("SELECT * FROM images WHERE missing_since IS NULL ORDER BY file_path COLLATE natural_order")
        return {row["member"]: row for row in rows}

    def jobs(self) -> list[tuple[str, str, str]]:
        rows = self.rows(
            "SELECT queue_name, target_label, status FROM job_runs WHERE target_type = 'image' ORDER BY id"
        )
        return [(row["queue_name"], row["target_label"].rpartition(".cbz/")[2], row["status"]) for row in rows]


@pytest.fixture
def gallery(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gallery]:
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield Gallery(engine, tmp_path / "books", tmp_path / "cache")
    settings.cache_clear()
