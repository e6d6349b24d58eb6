"""Health says what is wrong and what to do; Prometheus reads the numbers of the page."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from db import identify, ledger, requests
from db.requests import SHELVES, NewBook
from tests.rows import add_folder, add_job, ago
from tests.stash_box import stash_box


def _check(client, name: str) -> dict:
    return next(check for check in client.get("/api/health").json()["checks"] if check["name"] == name)


def test_what_is_there_is_well_and_what_is_away_says_what_to_do(engine, client, tmp_path):
    with engine.begin() as conn:
        (tmp_path / "film.mkv").touch()
        add_folder(conn, str(tmp_path), device=tmp_path.stat().st_dev)
        add_folder(conn, "/nowhere/films")
    assert _check(client, "PostgreSQL")["state"] == "ok"
    assert _check(client, str(tmp_path))["state"] == "ok"
    gone = _check(client, "/nowhere/films")
    assert (gone["state"], "Mount its disk" in gone["remedy"]) == ("bad", True)
    assert _check(client, "Server")["remedy"] == "Start it: darkroom up"
    assert client.get("/api/health").json()["state"] == "bad"


def test_a_folder_on_another_disk_and_an_empty_one_want_a_look(engine, client, tmp_path):
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    (full / "film.mkv").touch()
    empty.mkdir()
    with engine.begin() as conn:
        add_folder(conn, str(full), device=tmp_path.stat().st_dev + 1)
        add_folder(conn, str(empty))
    assert _check(client, str(full))["state"] == _check(client, str(empty))["state"] == "warn"


def test_other_peoples_programs_are_asked_and_not_again_at_once(engine, client):
    with stash_box() as server, engine.connect() as conn:
        identify.add_box(conn, name="There", endpoint=server.endpoint, enabled=True, secret_block=None)
        identify.add_box(conn, name="Gone", endpoint="http://127.0.0.1:9/graphql", enabled=True, secret_block=None)
        identify.add_box(conn, name="Off", endpoint="http://127.0.0.1:9/", enabled=False, secret_block=None)
        conn.commit()
        assert _check(client, "Stash-box There")["state"] == "ok"
        gone = _check(client, "Stash-box Gone")
        assert (gone["state"], gone["says"][:5]) == ("bad", "Gone:")
        assert "settings" in gone["remedy"]
        assert len(server.asked) == 1
        names = [check["name"] for check in client.get("/api/health").json()["checks"]]
        assert "Stash-box Off" not in names


def test_work_that_nobody_is_at_is_wrong_and_work_that_is_paused_is_not(engine, client):
    with engine.begin() as conn:
        add_job(conn, "queued", "preview", run_at=ago(600), created_at=ago(600))
    assert _check(client, "Waiting jobs")["state"] == "bad"
    with engine.begin() as conn:
        ledger.pause(conn, "preview", by="Ada")
    assert _check(client, "Waiting jobs")["state"] == "ok"
    assert "preview" in _check(client, "Pauses")["says"]


def test_a_library_server_is_well_once_a_look_at_it_went_well(engine, client):
    with engine.begin() as conn:
        requests.create_request(conn, NewBook(title="Quiet Harbor", author="Jane Doe"), by="ann")
    assert _check(client, "Plex or Audiobookshelf")["state"] == "warn"
    with engine.begin() as conn:
        shelf = SHELVES.add(conn, name="Home", kind="plex", url="http://127.0.0.1:9", library_id="1")
    assert (_check(client, "Home")["state"], _check(client, "Home")["says"]) == ("warn", "It was not looked at yet.")
    looked = {"target_type": "shelf", "target_id": str(shelf.id)}
    with engine.begin() as conn:
        SHELVES.change(conn, shelf.id, last_polled_at=ago(60))
        add_job(conn, "completed", "plex_recently_added_check", finished_at=ago(60), **looked)
    assert _check(client, "Home")["says"] == "Lists 0 books; looked at 1 min ago."
    assert _check(client, "Home")["state"] == "ok"
    with engine.begin() as conn:
        add_job(conn, "failed", "scan_plex", finished_at=ago(1), error="Home refuses the token.", **looked)
    assert _check(client, "Home")["state"] == "bad"
    assert "Home refuses the token." in _check(client, "Home")["says"]
    with engine.begin() as conn:
        SHELVES.change(conn, shelf.id, enabled=False)
    assert [each["name"] for each in client.get("/api/health").json()["checks"]].count("Home") == 0


def test_prometheus_reads_the_numbers_of_the_page(engine, client):
    with engine.begin() as conn:
        add_job(conn, "failed", "preview")
        add_job(conn, "queued", "preview")
    answer = client.get("/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["darkroom_jobs", "preview", "failed"] == 1
    assert samples["darkroom_jobs", "preview", "ready"] == 1
    assert samples["darkroom_jobs", "fingerprint", "ready"] == 0
