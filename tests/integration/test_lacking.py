"""What lacks a result and is not covered, kept in blocks: equal to the tables at every instant, whatever happens."""

from __future__ import annotations

import random
import threading

import pytest
from sqlalchemy import text

from db import lacking, library_settings, nsfw, roots
from db.library_settings import Settings
from db.models.lacking import FILES
from db.results import RESULTS
from tests.rows import add_folder, add_settings, add_video, ago

VIDEOS = ("media-probe", "fingerprint", "preview", "extract-subtitles")
COUNTED = """
    SELECT count(*) FROM videos t WHERE missing_since IS NULL AND {lacks} {shown} AND NOT EXISTS (
        SELECT FROM job_runs j WHERE j.queue_name = '{queue}' AND j.target_type = 'video'
        AND j.target_id = CAST(t.id AS text) AND j.status IN ('queued', 'running'))
"""


@pytest.fixture
def root(engine):
    with engine.begin() as conn:
        return add_folder(conn)


@pytest.fixture
def large_ids(engine):
    """Videos whose ids are far apart, so that there are several blocks of them."""
    with engine.begin() as conn:
        conn.execute(text("ALTER SEQUENCE videos_id_seq INCREMENT 300"))


def counted(conn, shown=""):
    settings = library_settings.read(conn)
    counts = {
        queue: conn.scalar(text(COUNTED.format(queue=queue, lacks=RESULTS[queue].lacks(settings), shown=shown)))
        for queue in VIDEOS
    }
    return {queue: count for queue, count in counts.items() if count}


def assert_exact(conn):
    assert {queue: n for queue, n in lacking.read(conn).items() if queue in VIDEOS} == counted(conn)


#: What programs and people do, each as one statement on about a third of the rows.
CHANGES = (
    "UPDATE videos SET {result}_revision = revision WHERE id % 7 < :n",
    "UPDATE videos SET revision = revision + 1 WHERE id % 7 = :n",
    "UPDATE videos SET missing_since = CASE WHEN missing_since IS NULL THEN now() END WHERE id % 7 = :n",
    "UPDATE videos SET is_nsfw = NOT is_nsfw WHERE id % 7 = :n",
    "DELETE FROM videos WHERE id % 50 = :n",
    "UPDATE library_settings SET generate_phash = NOT generate_phash",
    "INSERT INTO job_runs (queue_name, target_type, target_id, target_label) SELECT '{queue}', 'video', id, 'v'"
    " FROM videos WHERE id % 7 = :n ON CONFLICT DO NOTHING",
    "UPDATE job_runs SET status = 'completed', finished_at = now() WHERE status = 'queued' AND id % 7 = :n",
    "UPDATE job_runs SET status = 'queued', finished_at = NULL WHERE id IN (SELECT max(id) FROM job_runs j"
    " WHERE status = 'completed' AND NOT EXISTS (SELECT FROM job_runs o WHERE o.queue_name = j.queue_name"
    " AND o.target_id = j.target_id AND o.status = 'queued'))",
    "DELETE FROM job_runs WHERE id % 20 = :n",
)


@pytest.mark.usefixtures("large_ids")
def test_after_every_kind_of_change_the_counts_are_those_of_the_tables(engine, root):
    chance = random.Random(7)
    for _ in range(60):
        with engine.begin() as conn:
            add_video(conn, root, is_nsfw=chance.random() < 0.3)
    for step in range(150):
        with engine.begin() as conn:
            values = {"result": chance.choice(("probe", "fingerprint", "phash", "preview", "subtitles"))}
            change = chance.choice(CHANGES).format(queue=chance.choice(VIDEOS), **values)
            conn.execute(text(change), {"n": chance.randrange(7)} if ":n" in change else {})
            if chance.random() < 0.2:
                add_video(conn, root)
            if chance.random() < 0.3:
                lacking.fold(conn)
            assert_exact(conn)
            if step % 10 == 0:
                hidden = counted(conn, "AND NOT t.is_nsfw")
                nsfw.hide(conn)
                assert {q: n for q, n in lacking.read(conn).items() if q in VIDEOS} == hidden


def test_a_count_that_was_folded_before_is_not_lost_with_the_ledger_or_the_folder(engine, root):
    with engine.begin() as conn:
        videos = [add_video(conn, root, probe_revision=1) for _ in range(4)]
        conn.execute(
            text(
                "INSERT INTO job_runs (queue_name, target_type, target_id, target_label)"
                " SELECT 'preview', 'video', unnest(CAST(:ids AS text[])), 'v'"
            ),
            {"ids": [str(video) for video in videos[:3]]},
        )
        lacking.fold(conn)
        assert lacking.read(conn)["preview"] == 1
        conn.execute(text("TRUNCATE job_runs CASCADE"))
        assert lacking.read(conn)["preview"] == 4
        lacking.fold(conn)
        roots.remove_root(conn, root)
        assert lacking.read(conn) == {}


def test_folding_while_others_write_and_fold_leaves_no_count_of_an_older_instant(engine, root):
    with engine.begin() as conn:
        videos = [add_video(conn, root) for _ in range(40)]

    def work(mine):
        for video in mine:
            with engine.begin() as conn:
                conn.execute(text("UPDATE videos SET probe_revision = revision WHERE id = :id"), {"id": video})
            with engine.begin() as conn:
                lacking.fold(conn)

    threads = [threading.Thread(target=work, args=(videos[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as conn:
        assert "media-probe" not in lacking.read(conn)
        lacking.fold(conn)
        assert "media-probe" not in lacking.read(conn)


def test_a_fold_forgets_nothing_that_is_not_committed_yet(engine, root):
    with engine.begin() as conn:
        video = add_video(conn, root)
        lacking.fold(conn)
    with engine.begin() as late:
        late.execute(text("UPDATE videos SET missing_since = :at WHERE id = :id"), {"at": ago(1), "id": video})
        with engine.begin() as conn:
            add_video(conn, root)
            lacking.fold(conn)
    with engine.begin() as conn:
        assert_exact(conn)
        assert lacking.read(conn)["preview"] == 1


@pytest.mark.parametrize("phash", [False, True])
def test_the_triggers_know_what_each_queue_lacks(engine, root, phash):
    wanted = {results.table: set() for results in RESULTS.values()}
    for queue, results in RESULTS.items():
        wanted[results.table].add(queue)
    known = {table: set(dict(queues)) - {"identify"} for table, (_, queues) in FILES.items()}
    assert known == wanted
    for target_type, queues in FILES.values():
        for queue, lacks in queues:
            if queue in RESULTS:
                assert RESULTS[queue].target_type == target_type
                assert lacks in RESULTS[queue].lacks(Settings(generate_phash=True))
    with engine.begin() as conn:
        add_video(conn, root, fingerprint_revision=1)
        add_settings(conn, generate_phash=phash)
        assert ("fingerprint" in lacking.read(conn)) == phash
