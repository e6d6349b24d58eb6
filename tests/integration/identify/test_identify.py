"""The queue `identify`, on a real ledger and a small stash-box."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from db import identify
from db.selection import run_queue
from flows import identify as flow
from flows.engine import QueueRun
from flows.queues import BY_NAME, Retry
from tasks.errors import PermanentError
from tasks.identify import graphql
from tests.integration.identify.conftest import KEY
from tests.rows import add_folder, add_video
from tests.stash_box import Reply, fingerprint, scene, stash_box
from tests.threads import Threads

IDENTIFY = replace(BY_NAME["identify"], retry=Retry(attempts=2, first_delay=0.05, longest_delay=1))


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch):
    """Keys as Prefect would give them, and no long pauses."""

    def secret(block):
        if block == "lost":
            raise PermanentError("Prefect has lost the API key; set it anew, then retry.")
        return {"key": KEY}[block]

    monkeypatch.setattr(flow, "secret", secret)
    monkeypatch.setattr(graphql, "PAUSE", 0.01)


def hashed(conn, root, number, **more):
    """A video with an oshash of its present content."""
    values = {"oshash": f"{number:016x}", "revision": 2, "fingerprint_revision": 2} | more
    return add_video(conn, root, **values)


@pytest.fixture
def videos(engine):
    """Three videos with hashes."""
    with engine.begin() as conn:
        root = add_folder(conn)
        return [hashed(conn, root, number) for number in (1, 2, 3)]


def configure(engine, box, **more):
    values = {"name": "Box", "endpoint": box.endpoint, "enabled": True, "secret_block": "key"} | more
    with engine.begin() as conn:
        return identify.add_box(conn, **values).id


def knows(box, number, *fingerprints, **more):
    """Have the stash-box know a video by its oshash."""
    prints = fingerprints or (fingerprint("OSHASH", f"{number:016x}"),)
    said = {"id": f"scene-{number}", "title": f"Title {number}", "fingerprints": list(prints)} | more
    box.scenes.append(scene(**said))


def run(engine, enqueue=True, everything=False):
    queue = QueueRun(engine, IDENTIFY, flow.IdentifyWork(), Threads(), str(uuid.uuid4()))
    made = queue.enqueue(trigger="manual", everything=everything) if enqueue else None
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET max_attempts = 2"))
    queue.work_off()
    return made


def rows(engine, sql, **values):
    with engine.connect() as conn:
        return conn.execute(text(sql), values).all()


def results(engine, columns="video_id, remote_id, status"):
    return rows(engine, f"SELECT {columns} FROM identify_results ORDER BY id")


def jobs(engine, columns="status, error"):
    return rows(engine, f"SELECT {columns} FROM job_runs ORDER BY id")


def lacking(engine):
    with engine.begin() as conn:
        made = run_queue(conn, "identify")
        conn.execute(text("DELETE FROM job_runs WHERE status = 'queued'"))
        return made.enqueued


def test_a_run_asks_once_for_all_videos_and_keeps_what_is_proposed(engine, box, videos):
    configure(engine, box)
    knows(box, 1, duration=60)
    knows(box, 3)
    assert run(engine).enqueued == 3
    assert [len(asked.body["variables"]["fingerprints"]) for asked in box.asked] == [3]
    assert results(engine, "video_id, source, remote_id, status, proposed") == [
        (videos[0], box.endpoint, "scene-1", "pending", {"title": "Title 1"}),
        (videos[2], box.endpoint, "scene-3", "pending", {"title": "Title 3"}),
    ]
    ((matched_by, score), *_) = results(engine, "matched_by, score")
    assert (matched_by["hashes"], score) == (["oshash"], 96)
    assert [row.result for row in jobs(engine, "result")] == [
        {"proposals": {box.endpoint: count}, "best": best} for count, best in ((1, 96), (0, None), (1, 96))
    ]
    assert run(engine).enqueued == 0


def test_only_hashes_of_the_present_content_are_looked_up(engine, box):
    configure(engine, box)
    with engine.begin() as conn:
        root = add_folder(conn)
        hashed(conn, root, 1, fingerprint_revision=1)
        hashed(conn, root, 2, missing_since=text("now()"))
        add_video(conn, root)
        hashed(conn, root, 3, fingerprint_revision=1, phash="f0f0", phash_revision=2)
    assert run(engine).enqueued == 1
    ((asked,),) = (each.body["variables"]["fingerprints"] for each in box.asked)
    assert asked == [{"algorithm": "PHASH", "hash": "f0f0"}]


def test_new_hashes_make_a_video_lacking_again(engine, box, videos):
    configure(engine, box)
    run(engine)
    assert lacking(engine) == 0
    with engine.begin() as conn:
        conn.execute(text("UPDATE videos SET phash = 'f0', phash_revision = 2 WHERE id = :id"), {"id": videos[0]})
    assert lacking(engine) == 1
    with engine.begin() as conn:
        conn.execute(text("UPDATE videos SET revision = 3 WHERE id = :id"), {"id": videos[1]})
    assert lacking(engine) == 1
    with engine.begin() as conn:
        values = {"id": videos[1]}
        conn.execute(text("UPDATE videos SET fingerprint_revision = 3, oshash = 'b' WHERE id = :id"), values)
    assert lacking(engine) == 2


def test_a_stash_box_that_is_added_enabled_or_moved_makes_all_lacking_again(engine, box, videos):
    box_id = configure(engine, box)
    run(engine)
    with stash_box(KEY) as second:
        second_id = configure(engine, second)
        assert lacking(engine) == 3
        run(engine)
        assert (lacking(engine), len(second.asked)) == (0, 1)
        with engine.begin() as conn:
            identify.change_box(conn, second_id, name="Another name")
            identify.change_box(conn, box_id, enabled=False)
        assert lacking(engine) == 0
        with engine.begin() as conn:
            identify.change_box(conn, box_id, enabled=True)
        assert lacking(engine) == 3


def test_without_a_stash_box_nothing_is_enqueued_and_the_answer_says_what_to_do(engine, box, videos):
    configure(engine, box, enabled=False)
    made = run(engine)
    assert (made.enqueued, made.skipped) == (0, 0)
    assert "add or enable one in the settings" in made.obstacle
    assert jobs(engine) == []


def test_what_is_decided_stays_and_what_is_no_longer_proposed_goes(engine, box, videos):
    configure(engine, box)
    for number in (1, 2, 3):
        knows(box, 1, id=f"scene-{number}")
    run(engine)
    first, second, _ = [row.id for row in results(engine, "id")]
    with engine.begin() as conn:
        identify.accept(conn, first, ["title"])
        identify.reject(conn, second)
        conn.execute(text('UPDATE identify_results SET proposed = \'{"title": "Old"}\''))
        identify.hand_in(conn, video_id=videos[0], source="api", remote_id=None, proposed={"title": "Handed in"})
    box.scenes = []
    for number in (1, 2, 4):
        knows(box, 1, id=f"scene-{number}", title="New")
    run(engine, everything=True)
    assert results(engine, "remote_id, status, proposed") == [
        ("scene-1", "accepted", {"title": "Old"}),
        ("scene-2", "rejected", {"title": "Old"}),
        (None, "pending", {"title": "Handed in"}),
        ("scene-4", "pending", {"title": "New"}),
    ]


def test_a_stash_box_that_is_down_is_asked_again(engine, box, videos):
    configure(engine, box)
    knows(box, 1)
    box.replies = [Reply(503, b"Maintenance")]
    run(engine)
    assert len(box.asked[0].body["variables"]["fingerprints"]) == 3
    assert {row.status for row in jobs(engine)} == {"completed"}
    assert [row.attempts for row in jobs(engine, "attempts")] == [2, 2, 2]
    assert len(results(engine)) == 1
    told = rows(engine, "SELECT DISTINCT metadata ->> 'error' AS error FROM job_events WHERE level = 'warn'")
    assert told == [("Box answers 503: Maintenance",)]


def test_a_busy_stash_box_is_left_alone_for_as_long_as_it_says(engine, box):
    configure(engine, box)
    with engine.begin() as conn:
        root = add_folder(conn)
        for number in range(30):
            hashed(conn, root, number)
    box.replies = [Reply(429, b"Slow down", {"Retry-After": "1000"})]
    run(engine)
    assert len(box.asked) == 1
    waits = rows(engine, "SELECT status, run_at > now() + interval '900 seconds' AS later FROM job_runs")
    assert waits == [("queued", True)] * 30


def test_a_refused_key_fails_once_in_words_that_say_what_to_do(engine, box, videos):
    box.key = "another"
    configure(engine, box)
    run(engine)
    assert len(box.asked) == 1
    words = "Box refuses the API key: it answers 401. Set its API key anew, then retry."
    assert jobs(engine) == [("failed", words)] * 3
    assert lacking(engine) == 3


def test_a_key_that_prefect_has_lost_is_said_so(engine, box, videos):
    configure(engine, box, secret_block="lost")
    run(engine)
    assert {row.error for row in jobs(engine)} == {"Prefect has lost the API key; set it anew, then retry."}
    assert box.asked == []


def test_the_key_is_in_no_row(engine, box, videos):
    configure(engine, box)
    knows(box, 1)
    box.replies = [Reply(500, f"who is {KEY}?".encode())]
    run(engine)
    for table in ("job_runs", "job_events", "identify_results", "stash_boxes"):
        assert KEY not in str(rows(engine, f"SELECT CAST(t AS text) FROM {table} t"))


def test_where_one_of_two_is_down_what_the_other_proposes_is_kept_and_the_one_asked_again(engine, box, videos):
    configure(engine, box)
    knows(box, 1)
    with stash_box() as broken:
        broken.replies = [Reply(500, b"broken")]
        broken_id = configure(engine, broken, name="Broken", secret_block=None)
        run(engine)
        assert [row.remote_id for row in results(engine)] == ["scene-1"]
        again = rows(engine, "SELECT status, payload, run_at > now() AS later FROM job_runs WHERE trigger = 'identify'")
        assert again == [("queued", {"stashBoxes": [broken_id]}, True)] * 3
        knows(broken, 1, id="from-the-other")
        with engine.begin() as conn:
            conn.execute(text("UPDATE job_runs SET run_at = now() WHERE status = 'queued'"))
        run(engine, enqueue=False)
        assert len(box.asked) == 1
    assert {row.remote_id for row in results(engine)} == {"scene-1", "from-the-other"}
    assert {row.status for row in jobs(engine)} == {"completed"}
    assert lacking(engine) == 0


def test_one_video_can_be_looked_up_at_one_stash_box(engine, box, videos):
    configure(engine, box)
    with stash_box(KEY) as second:
        second_id = configure(engine, second)
        with engine.begin() as conn:
            identify.want_identify(conn, videos[1], second_id)
        run(engine, enqueue=False)
        assert (len(box.asked), len(second.asked)) == (0, 1)
        # Not everybody was asked about it, so it still lacks the queue's result.
        assert lacking(engine) == 3


def test_hostile_words_are_kept_harmless(engine, box, videos):
    configure(engine, box)
    knows(box, 1, title="a\x00b", details="'; DROP TABLE videos; --")
    run(engine)
    ((proposed,),) = results(engine, "proposed")
    assert proposed == {"title": "a b", "details": "'; DROP TABLE videos; --"}
