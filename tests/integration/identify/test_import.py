"""The queue `metadata-import`, on a real ledger, with pictures from a small stash-box."""

from __future__ import annotations

import socket
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, text

from darkroom.settings import settings
from db import identify
from db.models import IdentifyResult, VideoEpisode, VideoSeason, VideoSeries
from db.roots import update_root
from flows import metadata_import as flow
from flows.engine import QueueRun
from flows.queues import BY_NAME
from tests.rows import add_folder, add_video
from tests.stash_box import png
from tests.threads import Threads


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def root(engine):
    with engine.begin() as conn:
        return add_folder(conn)


@pytest.fixture
def video(engine, root):
    with engine.begin() as conn:
        return add_video(conn, root, title="From the file name", urls=["https://example.org/old"])


@pytest.fixture
def stash(engine, box):
    """The stash-box, configured, so that pictures may come from it although it is on this machine."""
    with engine.begin() as conn:
        identify.add_box(conn, name="Box", endpoint=box.endpoint, enabled=True, secret_block=None)
    return box


def accept(engine, video, fields=None, *, source="api", remote_id=None, **proposed):
    """An accepted proposal, and its job; returns its id."""
    with engine.begin() as conn:
        values = {"video_id": video, "source": source, "remote_id": remote_id, "proposed": proposed}
        result_id = conn.execute(insert(IdentifyResult).values(values).returning(IdentifyResult.id)).scalar_one()
        identify.want_import(conn, identify.accept(conn, result_id, fields))
        return result_id


def run(engine, enqueue=False):
    queue = QueueRun(engine, BY_NAME["metadata-import"], flow.ImportWork(), Threads(), str(uuid.uuid4()))
    made = queue.enqueue(trigger="manual", everything=True) if enqueue else None
    queue.work_off()
    return made


def rows(engine, sql, **values):
    with engine.connect() as conn:
        return conn.execute(text(sql), values).all()


def one(engine, sql, **values):
    (row,) = rows(engine, sql, **values)
    return row


def words(engine, word, video):
    sql = (
        f"SELECT w.name FROM video_{word}s l JOIN {word}s w ON w.id = l.{word}_id WHERE l.video_id = :id ORDER BY w.id"
    )
    return [row.name for row in rows(engine, sql, id=video)]


def warnings(engine):
    sql = "SELECT metadata ->> 'error' AS error FROM job_events WHERE level = 'warn' ORDER BY id"
    return [row.error for row in rows(engine, sql)]


def test_what_was_chosen_is_written_and_nothing_else(engine, video):
    proposed = {
        "title": "A Film",
        "date": "2021-05-06",
        "details": "What happens.",
        "urls": ["https://example.org/new", "https://example.org/old"],
        "studio": "Films",
        "performers": ["Ada", "Bob"],
        "tags": ["Night"],
    }
    result = accept(engine, video, [name for name in proposed if name != "details"], remote_id="603", **proposed)
    run(engine)
    assert one(engine, "SELECT title, CAST(released AS text), overview, urls FROM videos") == (
        "A Film",
        "2021-05-06",
        None,
        ["https://example.org/old", "https://example.org/new"],
    )
    assert one(engine, "SELECT s.name FROM videos v JOIN studios s ON s.id = v.studio_id") == ("Films",)
    assert (words(engine, "performer", video), words(engine, "tag", video)) == (["Ada", "Bob"], ["Night"])
    assert one(engine, "SELECT * FROM video_external_ids") == (video, "api", "603")
    assert one(engine, "SELECT applied_at IS NOT NULL FROM identify_results WHERE id = :id", id=result) == (True,)
    ((status, said),) = rows(engine, "SELECT status, result FROM job_runs")
    assert (status, sorted(said["fields"])) == ("completed", sorted(set(proposed) - {"details"}))


def test_words_are_found_without_regard_to_case_and_what_is_linked_stays(engine, video):
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO tags (name) VALUES ('NIGHT'), ('Kept')"))
        conn.execute(text("INSERT INTO studios (name) VALUES ('ÖFILMS')"))
        conn.execute(text("INSERT INTO video_tags SELECT :id, id FROM tags"), {"id": video})
    accept(engine, video, tags=["night", "New"], studio="öfilms", performers=["ada"])
    accept(engine, video, performers=["Ada", "ADA"])
    run(engine)
    assert [row.name for row in rows(engine, "SELECT name FROM tags ORDER BY id")] == ["NIGHT", "Kept", "New"]
    assert [row.name for row in rows(engine, "SELECT name FROM studios")] == ["ÖFILMS"]
    assert words(engine, "tag", video) == ["NIGHT", "Kept", "New"]
    assert words(engine, "performer", video) == ["ada"]


def test_an_episodes_studio_is_its_series_studio(engine, root):
    with engine.begin() as conn:
        episode = add_video(conn, root, kind="episode")
        series = conn.execute(
            insert(VideoSeries).values(library_root_id=root, folder_path="/s", title="S").returning(VideoSeries.id)
        ).scalar_one()
        season = conn.execute(
            insert(VideoSeason).values(series_id=series, season_number=1).returning(VideoSeason.id)
        ).scalar_one()
        conn.execute(insert(VideoEpisode).values(video_id=episode, season_id=season))
    accept(engine, episode, studio="Films")
    run(engine)
    sql = "SELECT s.name, v.studio_id FROM video_series r JOIN studios s ON s.id = r.studio_id, videos v"
    assert one(engine, sql) == ("Films", None)


def test_of_two_who_apply_at_once_one_does(engine, video):
    result = accept(engine, video, title="Once", tags=["Night"])

    def apply(_):
        with engine.begin() as conn:
            return identify.apply_result(conn, result, None)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(apply, range(4))) == [False, False, False, True]
    run(engine)
    assert one(engine, "SELECT status, error FROM job_runs") == ("failed", flow.APPLIED)


def test_run_enqueues_what_is_accepted_and_not_applied_even_when_all_is_wanted(engine, video):
    accept(engine, video, title="A")
    run(engine)
    accept(engine, video, title="B")
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs WHERE status = 'queued'"))
        identify.hand_in(conn, video_id=video, source="api", remote_id=None, proposed={"title": "C"})
    assert run(engine, enqueue=True).enqueued == 1
    assert one(engine, "SELECT title FROM videos") == ("B",)
    assert run(engine, enqueue=True).enqueued == 0


def picture_of(engine, video, url, source="api"):
    """Have the picture at this address applied; returns what is kept and what was warned of."""
    accept(engine, video, source=source, title="Applied", image=url)
    run(engine)
    kept, title = one(engine, "SELECT custom_thumbnail_path, title FROM videos")
    assert title == "Applied"
    assert {row.status for row in rows(engine, "SELECT status FROM job_runs")} == {"completed"}
    return kept, warnings(engine)


def test_a_picture_is_kept_as_a_jpeg_beside_the_preview(engine, video, stash, cache):
    (cache / f"videos/{video}/.part-of-a-preview").mkdir(parents=True)
    stash.pictures["/a.png"] = png()
    kept, warned = picture_of(engine, video, f"{stash.url}/a.png", stash.endpoint)
    assert (kept, warned) == (f"videos/{video}/thumbnail-custom.jpg", [])
    assert sorted(file.name for file in (cache / f"videos/{video}").iterdir()) == [
        ".part-of-a-preview",
        "thumbnail-custom.jpg",
    ]


def test_what_is_no_picture_is_a_warning_and_all_else_is_applied(engine, video, stash, cache):
    stash.pictures["/a.png"] = b"<html>Log in</html>"
    kept, warned = picture_of(engine, video, f"{stash.url}/a.png", stash.endpoint)
    assert (kept, warned) == (None, ["This is no picture of a known format"])


def test_only_the_stash_boxs_own_pictures_may_come_from_a_private_network(engine, video, stash):
    """A result that was handed in names the same address, and so does one of another port of the trusted host."""
    stash.pictures["/a.png"] = png()
    _, (warned,) = picture_of(engine, video, f"{stash.url}/a.png")
    assert "127.0.0.1 is in a private network" in warned
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}/"
        _, (_, warned) = picture_of(engine, video, url, stash.endpoint)
        assert "127.0.0.1 is in a private network" in warned
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert stash.asked == []


def test_a_job_is_nsfw_with_the_folder_that_its_video_lies_in(engine, root, video):
    accept(engine, video, title="A")
    with engine.begin() as conn:
        update_root(conn, root, is_nsfw=True)
    assert one(engine, "SELECT is_nsfw FROM job_runs") == (True,)


def test_a_result_whose_video_is_gone_fails_in_words(engine, video):
    accept(engine, video, title="A")
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM videos"))
    run(engine)
    assert one(engine, "SELECT status, error FROM job_runs") == ("failed", "This is no longer in the library.")
