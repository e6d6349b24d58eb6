"""Refreshing a collection, by itself and as a job."""

from __future__ import annotations

import os
import threading
import uuid

import pytest
from sqlalchemy import text

from db import collections, ledger
from db.collections import NoRulesError, refresh, refreshes
from db.selection import run_queue
from flows import collections as flow
from flows import folder_scan
from flows.engine import QueueRun
from flows.library_kinds import VIDEOS
from flows.queues import BY_NAME
from tests.rows import add_folder, add_video
from tests.threads import Threads

RATED = {"type": "condition", "entityTypes": ["video"], "field": "rating", "operator": "greater_than", "value": 50}


@pytest.fixture(autouse=True)
def _same_database(engine, monkeypatch):
    monkeypatch.setattr(flow, "engine", lambda: engine)


@pytest.fixture
def films(engine):
    """Ids of ten films, rated 10, 20, ... 100."""
    with engine.begin() as conn:
        root = add_folder(conn)
        return [add_video(conn, root, rating=rating) for rating in range(10, 101, 10)]


def make(engine, **choices):
    with engine.begin() as conn:
        return collections.add_collection(conn, **{"name": "Best", "mode": "hybrid", "rules": RATED} | choices).id


def refreshed(engine, number):
    with engine.begin() as conn:
        return refresh(conn, number, seconds=60)


def items(engine, number):
    with engine.begin() as conn:
        return collections.items(conn, number)


def change(engine, statement, **values):
    with engine.begin() as conn:
        conn.execute(text(statement), values)


def work_off(engine):
    QueueRun(engine, flow.QUEUE, flow.CollectionRefresh(), Threads(), str(uuid.uuid4())).work_off()


def jobs(engine):
    with engine.begin() as conn:
        return conn.execute(text("SELECT status, result, error, trigger FROM job_runs ORDER BY id")).all()


def test_what_still_matches_keeps_its_place_and_what_is_new_comes_behind(engine, films):
    number = make(engine)
    assert refreshed(engine, number).added == 5
    before = items(engine, number)
    assert [item.entity_id for item in before] == films[5:]

    change(engine, "UPDATE videos SET rating = 99 WHERE id = :id", id=films[0])
    change(engine, "UPDATE videos SET rating = NULL WHERE id = :id", id=films[6])
    done = refreshed(engine, number)
    assert (done.added, done.removed, done.matching) == (1, 1, {"video": 5})
    after = items(engine, number)
    assert after[:4] == [item for item in before if item.entity_id != films[6]]
    assert after[4].entity_id == films[0]
    assert after[4].sort_order > before[-1].sort_order


def test_what_was_picked_by_hand_stays_whatever_the_rules_say(engine, films):
    number = make(engine)
    with engine.begin() as conn:
        assert collections.pick(conn, number, [("video", films[0]), ("video", films[9])]) == 2
    picked = items(engine, number)
    done = refreshed(engine, number)
    assert (done.added, done.matching) == (4, {"video": 5})
    change(engine, "UPDATE videos SET rating = 0")
    assert refreshed(engine, number).removed == 4
    assert items(engine, number) == picked


def test_a_file_that_is_missing_leaves_the_collection(engine, films):
    number = make(engine)
    refreshed(engine, number)
    change(engine, "UPDATE videos SET missing_since = now() WHERE id = :id", id=films[9])
    assert refreshed(engine, number).removed == 1


def test_run_refreshes_what_has_rules_and_the_count_is_right(engine, films):
    number, other = make(engine), make(engine, name="By hand", mode="manual", rules=None)
    with engine.begin() as conn:
        assert (run_queue(conn, "collection-refresh").enqueued, run_queue(conn, "collection-refresh").skipped) == (1, 1)
    work_off(engine)
    assert [(job.status, job.result) for job in jobs(engine)] == [
        ("completed", {"added": 5, "removed": 0, "matching": {"video": 5}})
    ]
    with engine.begin() as conn:
        found = collections.get_collection(conn, number)
        assert (found.item_count, found.is_fresh) == (5, True)
        assert found.last_refreshed_at is not None
        assert collections.get_collection(conn, other).last_refreshed_at is None


def test_what_changes_while_a_refresh_is_at_work_is_not_lost(engine, films, monkeypatch):
    """The job that the change asks for is not made, because one is unfinished; that one comes back."""
    number = make(engine)
    changes = iter([1])

    def change_meanwhile(_):
        """Once, after the videos were looked at."""
        for _ in changes:
            with engine.begin() as other:
                other.execute(text("UPDATE videos SET rating = 100"))
                assert ledger.enqueue(other, refreshes(other), trigger="library-scan", priority=1).skipped == 1

    def slow(conn, *arguments, **options):
        return refresh(conn, *arguments, **(options | {"step": change_meanwhile}))

    monkeypatch.setattr(collections, "refresh", slow)
    with engine.begin() as conn:
        run_queue(conn, "collection-refresh")
    work_off(engine)
    assert [job.status for job in jobs(engine)] == ["completed", "completed"]
    assert len(items(engine, number)) == 10


def test_a_collection_that_becomes_manual_meanwhile_keeps_only_what_it_had(engine, films):
    number = make(engine)
    refreshed(engine, number)
    change(engine, "UPDATE videos SET rating = 100")
    changes = iter([1])

    def become_manual(_):
        for _ in changes:
            with engine.begin() as other:
                collections.change_collection(other, number, mode="manual")

    with pytest.raises(NoRulesError), engine.begin() as conn:
        refresh(conn, number, seconds=60, step=become_manual)
    assert [(item.source, item.entity_id) for item in items(engine, number)] == [("manual", n) for n in films[5:]]


def test_a_cancelled_refresh_stops_its_statement_and_changes_nothing(engine, films):
    number = make(engine)
    with engine.begin() as conn:
        run_queue(conn, "collection-refresh")
    with engine.connect() as blocker, blocker.begin():
        blocker.execute(text("LOCK TABLE collection_items IN ACCESS EXCLUSIVE MODE"))
        at_work = threading.Thread(target=work_off, args=(engine,), daemon=True)
        at_work.start()
        while not blocker.scalar(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")):
            pass
        with engine.begin() as conn:
            ledger.cancel_target(conn, collections.QUEUE, collections.TARGET, str(number))
        at_work.join(60)
        assert not at_work.is_alive()
    assert [job.status for job in jobs(engine)] == ["cancelled"]
    assert items(engine, number) == []


def test_rules_that_take_too_long_fail_in_a_sentence(engine, films, monkeypatch):
    make(engine)

    def slow(conn, *_, **__):
        conn.execute(text("SET LOCAL statement_timeout = 1"))
        conn.execute(text("SELECT pg_sleep(10)"))

    monkeypatch.setattr(collections, "refresh", slow)
    with engine.begin() as conn:
        run_queue(conn, "collection-refresh")
    work_off(engine)
    [job] = jobs(engine)
    assert (job.status, job.error) == ("failed", "Its rules take more than 600 s to evaluate; make them simpler.")


def scan(engine, monkeypatch):
    monkeypatch.setattr(folder_scan, "engine", lambda: engine)
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs"))
        run_queue(conn, "library-scan")
    runner = Threads()
    work = folder_scan.FolderScan(VIDEOS)
    QueueRun(engine, BY_NAME["library-scan"], work, runner, str(uuid.uuid4())).work_off()
    with engine.begin() as conn:
        rows = conn.execute(text("SELECT target_label, trigger FROM job_runs WHERE queue_name = 'collection-refresh'"))
        return rows.all(), "collection-refresh" in runner.started


def test_a_scan_that_finds_something_asks_for_the_collections_that_have_rules(engine, tmp_path, monkeypatch):
    make(engine)
    make(engine, name="By hand", mode="manual", rules=None)
    with engine.begin() as conn:
        add_folder(conn, str(tmp_path))
    (tmp_path / "film.mkv").write_bytes(b"film")
    os.utime(tmp_path / "film.mkv", (1_600_000_000, 1_600_000_000))
    assert scan(engine, monkeypatch) == ([("Best", "library-scan")], True)
    assert scan(engine, monkeypatch) == ([], False)


def test_what_a_scan_asks_for_as_it_ends_is_started_at_once(engine, tmp_path, monkeypatch):
    make(engine)
    with engine.begin() as conn:
        add_folder(conn, str(tmp_path))
    (tmp_path / "film.mkv").write_bytes(b"film")
    os.utime(tmp_path / "film.mkv", (1_600_000_000, 1_600_000_000))
    looked, ended = threading.Event(), threading.Event()
    save, end, look = folder_scan.FolderScan.save, QueueRun._ended, ledger.queues_to_start

    def save_after_the_look(*args):
        assert looked.wait(60)
        return save(*args)

    def say_that_it_ended(*args):
        end(*args)
        ended.set()

    def look_just_before(*args):
        found = look(*args)
        looked.set()
        assert ended.wait(60)
        return found

    monkeypatch.setattr(folder_scan.FolderScan, "save", save_after_the_look)
    monkeypatch.setattr(QueueRun, "_ended", say_that_it_ended)
    monkeypatch.setattr(ledger, "queues_to_start", look_just_before)
    assert scan(engine, monkeypatch) == ([("Best", "library-scan")], True)
