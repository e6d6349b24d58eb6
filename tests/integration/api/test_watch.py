"""New files are scanned as they come, where the settings want it; a watch that broke says so."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.models import JobRun
from ops_api import watch
from tests.rows import add_folder, add_settings
from tests.waiting import until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watch, "LOOK", 0.05)
    monkeypatch.setattr(watch, "TOGETHER", 50)


def scans(engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(select(JobRun.queue_name, JobRun.trigger).order_by(JobRun.id))]


def watching(client) -> dict | None:
    checks = client.get("/api/health").json()["checks"]
    return next((check for check in checks if check["name"] == "Watching"), None)


@pytest.fixture
def folder(engine, tmp_path):
    with engine.begin() as conn:
        add_folder(conn, str(tmp_path), scan_images=False, scan_audio=False)
    return tmp_path


def test_a_new_file_starts_a_scan_of_its_folder_once_watching_is_switched_on(engine, client, folder):
    (folder / "unseen.mkv").touch()
    assert watching(client) is None
    client.put("/api/settings/library", json={"watchEnabled": True})
    until(lambda: (found := watching(client)) and found["state"] == "ok")
    assert scans(engine) == []
    (folder / "new.mkv").touch()
    assert until(lambda: scans(engine)) == [("library-scan", "watch")]


def test_switching_off_ends_the_watch(engine, client, folder):
    client.put("/api/settings/library", json={"watchEnabled": True})
    until(lambda: watching(client))
    client.put("/api/settings/library", json={"watchEnabled": False})
    until(lambda: watching(client) is None)
    (folder / "new.mkv").touch()
    assert scans(engine) == []


def test_a_watch_that_breaks_says_so(engine, client, folder, monkeypatch):
    def broken(*_, **__):
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(watch, "awatch", broken)
    with engine.begin() as conn:
        add_settings(conn, watch_enabled=True)
    found = until(lambda: (told := watching(client)) and told["state"] == "warn" and told)
    assert "OS file watch limit reached" in found["says"]
    assert "max_user_watches" in found["remedy"]
