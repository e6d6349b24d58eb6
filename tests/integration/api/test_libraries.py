from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.rows import add_folder, add_video


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "films"
    path.mkdir()
    return path


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_folder_is_watched_changed_scanned_and_forgotten(engine, client, folder):
    made = client.post("/api/libraries", json={"path": str(folder), "isNsfw": True})
    assert made.status_code == 201
    library = made.json()
    assert (library["path"], library["label"], library["isNsfw"], library["lastScannedAt"]) == (
        str(folder),
        "films",
        True,
        None,
    )
    assert client.get("/api/libraries").json() == {"libraries": [library]}

    changed = client.patch(f"/api/libraries/{library['id']}", json={"label": "Films"}).json()
    assert changed == library | {"label": "Films"}

    scan = client.post(f"/api/libraries/{library['id']}/scan").json()
    assert (scan["enqueued"], scan["queueName"]) == (3, "library-scan")
    jobs = [client.get(f"/api/jobs/{job}").json() for job in scan["scans"]]
    assert {job["targetId"] for job in jobs} == {str(library["id"])}
    assert [job["queueName"] for job in jobs] == ["library-scan", "gallery-scan", "audio-scan"]
    again = client.post(f"/api/libraries/{library['id']}/scan").json()
    assert (again["enqueued"], again["skipped"], again["scans"]) == (0, 3, scan["scans"])

    assert client.delete(f"/api/libraries/{library['id']}").status_code == 204
    assert client.get("/api/libraries").json() == {"libraries": []}


def test_a_disabled_folder_is_not_scanned(client, folder):
    library = client.post("/api/libraries", json={"path": str(folder), "enabled": False}).json()
    answer = client.post(f"/api/libraries/{library['id']}/scan")
    assert error(answer) == (422, "invalid")
    assert "disabled" in answer.json()["error"]["message"]


def test_a_folder_is_scanned_for_what_it_is_watched_for(client, folder):
    only = {"scanMovies": False, "scanSeries": False, "scanImages": False}
    library = client.post("/api/libraries", json={"path": str(folder), **only}).json()
    scan = client.post(f"/api/libraries/{library['id']}/scan").json()
    assert [client.get(f"/api/jobs/{job}").json()["queueName"] for job in scan["scans"]] == ["audio-scan"]
    client.patch(f"/api/libraries/{library['id']}", json={"scanAudio": False})
    answer = client.post(f"/api/libraries/{library['id']}/scan")
    assert error(answer) == (422, "invalid")
    assert "watched for no kind of media" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["", "relative", "/nowhere/at/all", "/etc/passwd", "/a\x00b"])
def test_a_path_that_is_no_folder_is_refused_with_a_sentence(visitor, path):
    answer = visitor.post("/api/libraries", json={"path": path})
    assert error(answer) == (422, "invalid")
    assert answer.json()["error"]["message"].endswith(".")


def test_half_a_character_in_a_path_is_refused(visitor):
    answer = visitor.post(
        "/api/libraries", content=b'{"path": "/\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert error(answer) == (422, "invalid")


def test_a_folder_is_watched_once(client, folder):
    client.post("/api/libraries", json={"path": str(folder)})
    assert error(client.post("/api/libraries", json={"path": str(folder)})) == (422, "invalid")


@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("DELETE", ""), ("POST", "/scan")])
def test_an_unknown_folder_is_not_found(visitor, method, path):
    body = {} if method == "PATCH" else None
    assert error(visitor.request(method, f"/api/libraries/4711{path}", json=body)) == (404, "not_found")


def test_settings_change_by_what_is_named(engine, client):
    before = client.get("/api/settings/library").json()
    after = client.put("/api/settings/library", json={"backgroundWorkerConcurrency": 4}).json()
    assert after == before | {"backgroundWorkerConcurrency": 4}
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT background_worker_concurrency FROM library_settings")) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"backgroundWorkerConcurrency": 0},
        {"backgroundWorkerConcurrency": 17},
        {"scanIntervalMinutes": 4},
        {"scanIntervalMinutes": None},
        {"autoScanEnabled": "perhaps"},
        {"nonsense": 1},
    ],
)
def test_a_setting_out_of_range_changes_nothing(visitor, change):
    before = visitor.get("/api/settings/library").json()
    assert error(visitor.put("/api/settings/library", json=change | {"thumbnailQuality": 5})) == (422, "invalid")
    assert visitor.get("/api/settings/library").json() == before


@pytest.fixture
def cache(tmp_path, monkeypatch):
    from darkroom.settings import settings

    folder = tmp_path / "cache"
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def video(engine, cache):
    with engine.begin() as conn:
        number = add_video(
            conn,
            add_folder(conn),
            thumbnail_path="videos/1/thumbnail.jpg",
            preview_path="videos/1/preview.mp4",
            sprite_path="videos/1/gone.jpg",
            trickplay_vtt_path="videos/1/../../../outside",
            card_thumbnail_path="videos/1/link.jpg",
        )
        assert number == 1
    made = cache / "videos" / "1"
    made.mkdir(parents=True)
    (made / "thumbnail.jpg").write_bytes(b"\xff\xd8picture")
    (made / "preview.mp4").write_bytes(bytes(range(100)))
    (made / "secret.txt").write_text("secret")
    (cache.parent / "outside").write_text("secret")
    (made / "link.jpg").symlink_to(cache.parent / "outside")
    return number


def test_a_generated_file_is_served_with_its_type(client, video):
    answer = client.get("/assets/videos/1/thumbnail.jpg")
    assert (answer.status_code, answer.content) == (200, b"\xff\xd8picture")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" not in answer.headers["cache-control"]
    assert "immutable" in client.get("/assets/videos/1/thumbnail.jpg?v=1").headers["cache-control"]


def test_a_part_of_a_clip_can_be_asked_for(client, video):
    answer = client.get("/assets/videos/1/preview.mp4", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, bytes(range(10, 20)))
    assert answer.headers["content-range"] == "bytes 10-19/100"


@pytest.mark.parametrize(
    "path",
    [
        "1/secret.txt",
        "1/gone.jpg",
        "1/link.jpg",
        "1/..%2f..%2f..%2foutside",
        "1/%2e%2e/%2e%2e/%2e%2e/outside",
        "1/%00",
        "2/thumbnail.jpg",
        "1//etc/passwd",
    ],
)
def test_nothing_else_is_served(client, video, path):
    assert error(client.get(f"/assets/videos/{path}")) == (404, "not_found")


@pytest.fixture
def beside(engine, folder):
    """A video whose generated files lie beside it, and a file of somebody's that a link leads to."""
    outside = folder.parent / "outside"
    outside.write_text("secret")
    with engine.begin() as conn:
        root = add_folder(conn, str(folder))
        number = add_video(
            conn,
            root,
            file_path=f"{folder}/Ein Film #1.mkv",
            thumbnail_path=f"{folder}/Ein Film #1-thumb.jpg",
            sprite_path=f"{folder}/Ein Film #1-sprite.jpg",
            card_thumbnail_path=f"{folder}/link-card.jpg",
            preview_path=str(outside),
        )
    (folder / "Ein Film #1-thumb.jpg").write_bytes(b"thumb")
    (folder / "Ein Film #1-sprite.jpg").write_bytes(b"sprite")
    (folder / "Ein Film #1.mkv").write_bytes(b"video")
    (folder / "link-card.jpg").symlink_to(outside)
    return f"/assets/videos/{number}"


def test_a_file_beside_its_video_has_the_same_address_as_in_the_cache(client, beside):
    assert client.get(f"{beside}/thumbnail.jpg").content == b"thumb"
    assert client.get(f"{beside}/sprite.jpg").content == b"sprite"
    assert client.get(f"{beside}/Ein%20Film%20%231-sprite.jpg").content == b"sprite"


@pytest.mark.parametrize(
    "name", ["card.jpg", "preview.mp4", "trickplay.vtt", "Ein%20Film%20%231.mkv", "Ein%20Film%20%231-thumb.jpg"]
)
def test_nothing_outside_the_watched_folder_and_nothing_unnamed_is_served(client, beside, name):
    assert error(client.get(f"{beside}/{name}")) == (404, "not_found")
