"""Adaptive sets, from the wish to the player: a real ledger, real ffmpeg, the API behind a socket."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from threading import Thread

import av
import pytest
from sqlalchemy import text

from darkroom.settings import settings
from flows import hls as flow
from flows.engine import QueueRun
from flows.queues import BY_NAME, PRIORITY_PERSON_ONE
from tests.integration.media.samples import Samples
from tests.rows import add_folder, add_video, ago
from tests.threads import Threads
from tests.waiting import until


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()


@pytest.fixture
def film(engine, samples, tmp_path, cache):
    """Adds a video with the content of a sample; returns its id."""
    with engine.begin() as conn:
        root = add_folder(conn, str(tmp_path))

    def film(sample="pattern.mp4", **values):
        path = tmp_path / f"{uuid.uuid4().hex}{Path(sample).suffix}"
        shutil.copy(samples[sample], path)
        with engine.begin() as conn:
            return add_video(conn, root, file_path=str(path), **values)

    return film


@pytest.fixture
def work_off(engine):
    """Works the queue off, as its flow does."""

    def work_off():
        work = flow.HlsWork(engine)
        QueueRun(engine, BY_NAME["hls-transcode"], work, Threads(), str(uuid.uuid4())).work_off()
        flow.tidy(engine)

    return work_off


@pytest.fixture
def ready(client, film, work_off):
    """A video whose set has been made; its id, and what the API says of the set."""
    video = film()
    client.post(f"/api/videos/{video}/hls").raise_for_status()
    work_off()
    return video, client.get(f"/api/videos/{video}/hls").json()


def change(engine, sql, **values):
    with engine.begin() as conn:
        conn.execute(text(sql), values)


def jobs(engine):
    with engine.connect() as conn:
        columns = "id, status, priority, trigger, error, result"
        return conn.execute(
            text(f"SELECT {columns} FROM job_runs WHERE queue_name = 'hls-transcode' ORDER BY id")
        ).all()


def folders(cache):
    return sorted(str(folder.relative_to(cache)) for folder in cache.glob("hls/*/*"))


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_set_that_is_asked_for_is_made_and_can_be_played(engine, client, film, work_off):
    video = film("wide.mp4")
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == "none"
    asked = client.post(f"/api/videos/{video}/hls")
    assert (asked.status_code, asked.json()["state"], asked.json()["url"]) == (202, "queued", None)
    (job,) = jobs(engine)
    assert (asked.json()["jobId"], job.priority, job.trigger) == (job.id, PRIORITY_PERSON_ONE, "manual")
    work_off()
    told = client.get(f"/api/videos/{video}/hls").json()
    assert (told["state"], told["partial"], told["message"]) == ("ready", False, "The adaptive set is ready.")
    assert [(one["name"], one["copied"]) for one in told["renditions"]] == [("480p", True), ("360p", False)]
    for address in (told["url"], f"/assets/videos/{video}/hls/master.m3u8"):
        shows = {"headers": f"Authorization: {client.headers['authorization']}\r\n"}
        with av.open(f"{client.base_url}{address}", options=shows) as player:
            assert [stream.width for stream in player.streams.video] == [854, 640]
            assert sum(1 for _ in player.decode(video=1)) == 200


def test_asking_twice_makes_one(engine, client, film, work_off):
    video = film()
    first, second = (client.post(f"/api/videos/{video}/hls").json() for _ in range(2))
    assert first["jobId"] == second["jobId"]
    work_off()
    third = client.post(f"/api/videos/{video}/hls")
    assert (third.status_code, third.json()["state"]) == (200, "ready")
    assert [job.status for job in jobs(engine)] == ["completed"]
    assert client.post("/api/jobs/queues/hls-transcode/run").json()["enqueued"] == 0


def test_without_prefect_the_wish_is_kept_and_the_answer_says_so(client, film):
    message = client.post(f"/api/videos/{film()}/hls").json()["message"]
    assert message.endswith("Prefect does not answer yet; the work starts when it does.")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_set_of_an_unknown_video_is_not_found(visitor, method):
    assert error(visitor.request(method, "/api/videos/4711/hls")) == (404, "not_found")


def test_nothing_is_made_of_a_video_whose_file_is_missing(engine, client, film):
    video = film(missing_since=ago(60))
    answer = client.post(f"/api/videos/{video}/hls")
    assert error(answer) == (409, "conflict")
    assert answer.json()["error"]["message"].startswith("The file of this video is missing")
    assert jobs(engine) == []


def test_a_set_outlives_the_disappearance_of_its_file(engine, client, ready):
    video, told = ready
    change(engine, "UPDATE videos SET missing_since = now()")
    assert client.post(f"/api/videos/{video}/hls").status_code == 200
    assert client.get(told["url"]).status_code == 200


def test_playlists_and_segments_have_their_types_and_are_kept_by_players(client, ready):
    _, told = ready
    folder = told["url"].removesuffix("/master.m3u8")
    kinds = {"master.m3u8": "application/vnd.apple.mpegurl", "180p/index.m3u8": "application/vnd.apple.mpegurl"}
    kinds |= {"180p/init.mp4": "video/mp4", "180p/00000.m4s": "video/iso.segment"}
    for name, kind in kinds.items():
        answer = client.get(f"{folder}/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert "immutable" in answer.headers["cache-control"]


def test_only_the_files_of_the_current_set_are_served(client, cache, ready):
    video, told = ready
    folder = told["url"].removesuffix("/master.m3u8")
    own = cache / folder.replace(f"/assets/videos/{video}/", "").replace("hls/", f"hls/{video}/")
    (cache / "secret.mp4").write_text("secret")
    (own / "notes.txt").write_text("secret")
    (own / "link.mp4").symlink_to(cache / "secret.mp4")
    names = [
        "",
        "notes.txt",
        "link.mp4",
        "180p",
        "180p/00009.m4s",
        "..%2f..%2fsecret.mp4",
        "%2e%2e/secret.mp4",
        "a%00.mp4",
    ]
    other = f"/assets/videos/{video}/hls/1-00000000/master.m3u8"
    refused = [client.get(address) for address in (other, *(f"{folder}/{name}" for name in names))]
    assert {error(answer) for answer in refused} == {(404, "not_found")}
    answer = client.get("/assets/videos/4711/hls/master.m3u8")
    assert error(answer) == (404, "not_found")
    assert "POST /api/videos/4711/hls" in answer.json()["error"]["message"]


def test_a_changed_file_makes_the_set_stale_and_run_makes_it_anew(engine, client, cache, ready, work_off):
    video, told = ready
    change(engine, "UPDATE videos SET revision = revision + 1")
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == "stale"
    answer = client.get(told["url"])
    assert error(answer) == (409, "conflict")
    assert answer.json()["error"]["message"].startswith("The video's file has changed since")
    queues = {queue["queueName"]: queue for queue in client.get("/api/jobs").json()["queues"]}
    assert queues["hls-transcode"]["lacking"] == 1
    assert client.post("/api/jobs/queues/hls-transcode/run").json()["enqueued"] == 1
    work_off()
    again = client.get(f"/api/videos/{video}/hls").json()
    assert (again["state"], again["url"] != told["url"]) == ("ready", True)
    assert client.get(again["url"]).status_code == 200
    assert error(client.get(told["url"])) == (404, "not_found")
    assert len(folders(cache)) == 1


def test_a_file_that_changes_while_its_set_is_made_has_it_made_again(
    engine, client, cache, film, work_off, monkeypatch
):
    video, kernel = film(), flow.adaptive_set

    def changed_meanwhile(tools, path, out):
        made = kernel(tools, path, out)
        change(engine, "UPDATE videos SET revision = 2")
        return made

    monkeypatch.setattr(flow, "adaptive_set", changed_meanwhile)
    client.post(f"/api/videos/{video}/hls")
    work_off()
    assert [job.status for job in jobs(engine)] == ["completed", "completed"]
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == "ready"
    assert [folder.split("/")[2].split("-")[0] for folder in folders(cache)] == ["2"]


def test_a_set_whose_files_are_gone_is_made_again_when_it_is_asked_for(client, cache, ready, work_off):
    video, _ = ready
    shutil.rmtree(cache)
    assert client.post(f"/api/videos/{video}/hls").status_code == 202
    work_off()
    assert client.get(client.get(f"/api/videos/{video}/hls").json()["url"]).status_code == 200


def test_a_corrupt_video_fails_once_in_the_tools_words(engine, client, cache, film, work_off):
    video = film("without-moov.mp4")
    client.post(f"/api/videos/{video}/hls")
    work_off()
    told = client.get(f"/api/videos/{video}/hls").json()
    assert (told["state"], told["url"]) == ("failed", None)
    assert "moov atom not found" in told["error"]
    assert folders(cache) == []


def test_the_set_of_a_video_that_breaks_off_says_so(client, film, work_off):
    video = film("cut.mkv")
    client.post(f"/api/videos/{video}/hls")
    work_off()
    told = client.get(f"/api/videos/{video}/hls").json()
    assert (told["state"], told["partial"]) == ("ready", True)
    story = client.get(f"/api/jobs/{told['jobId']}/events").json()["events"]
    assert any(event["message"].startswith("The video breaks off: 5.0 of 10.0 s") for event in story)


@pytest.mark.parametrize("way", ["cancel", "delete"])
def test_a_set_that_is_cancelled_at_work_leaves_nothing(engine, client, cache, film, work_off, way):
    video = film("long.mp4")
    job = client.post(f"/api/videos/{video}/hls").json()["jobId"]
    worker = Thread(target=work_off)
    worker.start()
    until(lambda: list(cache.glob("hls/*/.part-*/*/*/*")))
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == "running"
    if way == "cancel":
        client.post(f"/api/jobs/{job}/cancel").raise_for_status()
    else:
        client.delete(f"/api/videos/{video}/hls").raise_for_status()
    worker.join(60)
    assert [row.status for row in jobs(engine)] == ["cancelled"]
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == ("cancelled" if way == "cancel" else "none")
    assert folders(cache) == []
    assert client.post("/api/jobs/queues/hls-transcode/run").json()["enqueued"] == (1 if way == "cancel" else 0)


def test_a_set_is_removed_with_its_files(client, cache, ready):
    video, told = ready
    answer = client.delete(f"/api/videos/{video}/hls").json()
    assert answer["message"].startswith("Removed the adaptive set of this video")
    assert folders(cache) == []
    assert error(client.get(told["url"])) == (404, "not_found")
    assert client.get(f"/api/videos/{video}/hls").json()["state"] == "none"
    assert client.delete(f"/api/videos/{video}/hls").status_code == 200


def test_the_use_of_a_set_is_noted_at_most_once_a_minute(engine, client, ready):
    video, told = ready

    def used():
        return client.get(f"/api/videos/{video}/hls").json()["lastUsedAt"]

    before = used()
    client.get(told["url"])
    assert used() == before
    change(engine, "UPDATE hls_sets SET last_used_at = now() - interval '61 seconds'")
    aged = used()
    client.get(told["url"].replace("master", "180p/index"))
    assert used() > aged


def test_sets_beyond_the_bounds_go_least_recently_used_first(engine, client, cache, film, work_off):
    facts = {"latest": (25, 0), "large": (8, 1), "small": (1, 2), "wanted": (1, 3), "old": (0, 31)}
    videos = {name: film() for name in facts}
    for video in videos.values():
        client.post(f"/api/videos/{video}/hls").raise_for_status()
    work_off()
    assert len(folders(cache)) == 5
    change(engine, "UPDATE videos SET revision = 2 WHERE id = :id", id=videos["wanted"])
    client.post(f"/api/videos/{videos['wanted']}/hls")
    for name, (gigabytes, days) in facts.items():
        size = "bytes = CAST(:gigabytes AS bigint) * 1000000000"
        used = "last_used_at = now() - make_interval(days => :days)"
        values = {"gigabytes": gigabytes, "days": days, "id": videos[name]}
        change(engine, f"UPDATE hls_sets SET {size}, {used} WHERE video_id = :id", **values)
    client.put("/api/settings/library", json={"hlsKeepGigabytes": 33, "hlsKeepDays": 30}).raise_for_status()
    flow.tidy(engine)
    left = {name for name, video in videos.items() if list(cache.glob(f"hls/{video}/*"))}
    assert left == {"latest", "large", "wanted"}
    states = {name: client.get(f"/api/videos/{video}/hls").json()["state"] for name, video in videos.items()}
    assert states == {"latest": "ready", "large": "ready", "small": "none", "wanted": "queued", "old": "none"}


def test_the_set_that_was_used_last_stays_however_large(engine, client, cache, ready):
    _, told = ready
    change(engine, "UPDATE hls_sets SET bytes = 900000000000")
    flow.tidy(engine)
    assert client.get(told["url"]).status_code == 200


def test_what_a_crash_left_is_removed_and_what_is_not_ours_stays(engine, cache, ready):
    video, _ = ready
    own = folders(cache)
    for left in (f"{video}/1-0123abcd", f"{video}/.part-x", "4711/2-0123abcd"):
        (cache / "hls" / left).mkdir(parents=True)
    (cache / "hls" / "holidays" / "1-0123abcd").mkdir(parents=True)
    (cache / "hls" / str(video) / "notes").mkdir()
    flow.tidy(engine)
    assert folders(cache) == sorted([*own, f"hls/{video}/notes", "hls/holidays/1-0123abcd"])
    assert not (cache / "hls" / "4711").exists()
