"""Forgetting files that have been missing for long: only on request, only those that were confirmed."""

from __future__ import annotations

import pytest

from db import collections
from db.selection import run_queue
from flows.maintenance import Maintenance
from tests.serve import program, serving

TAG = {"type": "condition", "entityTypes": [], "field": "isNsfw", "operator": "is_false", "value": None}


@pytest.fixture
def client(house):
    with serving(house.engine) as (url, _), program(house.engine, url) as client:
        yield client


@pytest.fixture
def lost(house):
    """Four videos that went missing 40, 20, 8 and 0 days ago, one that is there, and pictures of an archive."""
    for name, days in (("a", 40), ("b", 20), ("c", 8), ("d", 0)):
        number = house.video(f"{name}.mkv")
        house.run(
            "UPDATE videos SET missing_since = now() - make_interval(days => :days) WHERE id = :id",
            id=number,
            days=days,
        )
    house.video("e.mkv")
    file = "library_root_id, file_path, file_size, file_mtime_ns, missing_since"
    house.run(f"INSERT INTO archives ({file}) VALUES (1, '/x.zip', 1, 1, now() - interval '30 days')")
    house.run("INSERT INTO galleries (library_root_id, kind, archive_id, title) VALUES (1, 'archive', 1, 'x')")
    house.run(
        f"INSERT INTO images ({file}, title, archive_id, member)"
        " SELECT 1, '/x.zip/' || n, 1, 1, now() - interval '30 days', n, 1, n FROM generate_series(1, 3) n"
    )


def ask(client, **body):
    return client.post("/api/libraries/missing/forget", json=body)


def titles(house):
    return [row.name for row in house.rows("SELECT substring(file_path from '[^/]*$') AS name FROM videos ORDER BY id")]


def test_what_would_be_forgotten_is_said_and_nothing_is_done(house, client, lost):
    said = ask(client, days=15).json()
    assert (said["files"], said["kinds"], said["jobId"]) == (5, {"video": 2, "image": 3}, None)
    assert said["message"].startswith("Would forget 2 videos, 3 pictures that have been missing for more than 15 days")
    assert ask(client, days=15, limit=2).json()["kinds"] == {"video": 1, "image": 1}
    assert ask(client, days=100).json()["message"] == "No file has been missing for more than 100 days."
    assert house.rows("SELECT * FROM job_runs") == []


def test_only_the_number_that_was_said_can_be_confirmed(house, client, lost):
    answer = ask(client, days=15, confirm=4)
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].startswith("4 files were confirmed. Would forget 2 videos, 3 pictures")
    assert house.rows("SELECT * FROM job_runs") == []


@pytest.mark.parametrize("body", [{"days": 6}, {}, {"days": 30, "limit": 10_001}, {"days": 30, "confirm": 0}])
def test_less_than_a_week_or_more_than_the_bound_cannot_be_asked_for(client, body):
    assert ask(client, **body).status_code == 422


def test_what_was_confirmed_is_forgotten_and_nothing_else(house, client, lost):
    preview = house.write("videos/1/thumbnail.jpg")
    number = client.post("/api/collections", json={"name": "All", "mode": "dynamic", "rules": TAG}).json()["id"]
    house.run("UPDATE job_runs SET status = 'completed', attempts = 1, finished_at = now()")
    assert ask(client, days=15, confirm=5).json()["message"].startswith("Forgetting 2 videos, 3 pictures.")
    again = ask(client, days=15, confirm=5)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    # what goes missing, or comes back, after that was not meant, or is not meant any more
    house.run("UPDATE videos SET missing_since = NULL WHERE id = 2")
    house.work_off("library-maintenance", Maintenance())
    assert titles(house) == ["b.mkv", "c.mkv", "d.mkv", "e.mkv"]
    assert house.rows("SELECT * FROM images") == house.rows("SELECT * FROM archives") == []
    assert house.rows("SELECT * FROM galleries") == []
    forgot, tidied, refresh = house.rows("SELECT target_id, status, result FROM job_runs ORDER BY id")[1:]
    assert (forgot.target_id, forgot.result) == ("missing-files", {"video": 1, "image": 3})
    assert (tidied.target_id, tidied.status) == ("generated-files", "completed")
    assert (refresh.target_id, refresh.status) == (str(number), "queued")
    assert not preview.exists()
    assert (house.folder / "a.mkv").exists()


def test_a_run_of_the_queue_forgets_nothing(house, lost):
    house.tidy()
    assert len(titles(house)) == 5


def test_where_files_lie_is_changed_and_they_are_moved_there(house, client):
    house.previewed("Alien.mkv")
    answer = client.post("/api/jobs/migrate-asset-storage", json={"dedicated": False}).json()
    assert (answer["queueName"], answer["enqueued"]) == ("library-maintenance", 1)
    assert answer["message"].startswith("Generated files are moved beside the videos.")
    assert client.get("/api/settings/library").json()["metadataStorageDedicated"] is False

    again = client.post("/api/jobs/migrate-asset-storage", json={"dedicated": True})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert client.get("/api/settings/library").json()["metadataStorageDedicated"] is False
    with house.engine.begin() as conn:
        assert run_queue(conn, "library-maintenance").skipped == 1
    house.work_off("library-maintenance", Maintenance())
    assert (house.folder / "Alien-thumb.jpg").exists()
    assert client.post("/api/jobs/migrate-asset-storage", json={"dedicated": "maybe"}).status_code == 422


def test_a_collection_forgets_what_is_forgotten(house, client, lost):
    number = client.post("/api/collections", json={"name": "x"}).json()["id"]
    with house.engine.begin() as conn:
        collections.pick(conn, number, [("video", 1), ("video", 5)])
    ask(client, days=15, confirm=5)
    house.work_off("library-maintenance", Maintenance())
    assert client.get(f"/api/collections/{number}").json()["itemCount"] == 1
