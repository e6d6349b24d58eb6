"""The perceptual hash from the wish to the row: the setting, the backfill, and what a fingerprint job makes."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db.models import JobEvent, JobRun, Video
from flows import video as flow
from flows.engine import QueueRun
from flows.queues import BY_NAME
from tasks.media.fingerprint import PHASH, fingerprint
from tasks.media.tools import MediaTools
from tests.integration.media.samples import Samples
from tests.rows import add_folder, add_settings, add_video, ago
from tests.threads import Threads

#: A hash of bytes that nothing would give: it stays where the bytes are not read.
KEPT = "kept"


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def hashed(samples):
    """The perceptual hash of the sample that the videos are made of."""
    with MediaTools(nice=False) as tools:
        return fingerprint(tools, samples["pattern.mp4"], {PHASH}).phash


@pytest.fixture
def film(engine, samples, tmp_path):
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
    """Works the queue off, as its flow does; returns the statuses of all jobs."""

    def work_off():
        work = flow.FingerprintWork()
        QueueRun(engine, BY_NAME["fingerprint"], work, Threads(), str(uuid.uuid4())).work_off()
        with engine.connect() as conn:
            return conn.execute(select(JobRun.status).order_by(JobRun.id)).scalars().all()

    return work_off


def settings(engine, **values):
    with engine.begin() as conn:
        add_settings(conn, **values)


def row(engine, video):
    with engine.connect() as conn:
        return conn.execute(select(Video.__table__).where(Video.id == video)).one()


def payloads(engine):
    with engine.connect() as conn:
        return conn.execute(select(JobRun.payload).order_by(JobRun.id)).scalars().all()


def run(client, which=""):
    return client.post(f"/api/jobs/queues/fingerprint/run{which}").json()["enqueued"]


def backfill(client):
    answer = client.post("/api/jobs/phash-backfill").json()
    return answer["enqueued"], answer["skipped"]


def lacking(client):
    queues = {queue["queueName"]: queue for queue in client.get("/api/jobs").json()["queues"]}
    return queues["fingerprint"]["lacking"]


def test_with_the_setting_a_fingerprint_has_all_three_hashes(engine, client, film, work_off, hashed):
    settings(engine, generate_phash=True)
    video = film()
    assert run(client) == 1
    assert work_off() == ["completed"]
    made = row(engine, video)
    assert (made.phash, made.phash_revision, made.fingerprint_revision) == (hashed, 1, 1)
    assert len(made.oshash) == 16
    assert len(made.checksum_md5) == 32
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.result))["phash"] == hashed


def test_the_setting_makes_what_is_there_lack_only_its_perceptual_hash(engine, client, film, work_off, hashed):
    video = film(fingerprint_revision=1, oshash=KEPT, checksum_md5=KEPT)
    assert (lacking(client), run(client)) == (0, 0)
    settings(engine, generate_phash=True)
    assert (lacking(client), run(client)) == (1, 1)
    assert work_off() == ["completed"]
    made = row(engine, video)
    assert (made.phash, made.oshash, made.checksum_md5) == (hashed, KEPT, KEPT)
    assert (lacking(client), run(client)) == (0, 0)


def test_run_with_all_makes_every_hash_anew(engine, client, film, work_off, hashed):
    settings(engine, generate_phash=True)
    current = {"fingerprint_revision": 1, "phash_revision": 1}
    video = film(oshash=KEPT, checksum_md5=KEPT, phash=KEPT, **current)
    assert run(client, "?all=true") == 1
    work_off()
    made = row(engine, video)
    assert made.phash == hashed
    assert KEPT not in (made.oshash, made.checksum_md5)


def test_the_backfill_takes_what_has_a_duration_and_no_perceptual_hash(engine, client, film, work_off, hashed):
    current = {"fingerprint_revision": 1, "checksum_md5": KEPT}
    wanted = film(duration=2, **current)
    film(**current)
    film(duration=2, phash=KEPT, phash_revision=1, **current)
    film(duration=2, missing_since=ago(1), **current)
    assert backfill(client) == (1, 0)
    assert backfill(client) == (0, 1)
    assert payloads(engine) == [{"phash": True}]
    assert work_off() == ["completed"]
    assert (row(engine, wanted).phash, row(engine, wanted).checksum_md5) == (hashed, KEPT)
    answer = client.post("/api/jobs/phash-backfill").json()
    assert answer["message"].startswith("There are no videos that lack a perceptual hash: enqueued 0, skipped 0.")


def test_a_job_that_waits_already_does_what_the_backfill_wants_too(engine, client, film, work_off, hashed):
    video = film(duration=2)
    assert run(client) == 1
    assert backfill(client) == (0, 1)
    work_off()
    made = row(engine, video)
    assert (made.phash, made.fingerprint_revision) == (hashed, 1)


def test_a_video_that_has_none_keeps_its_other_hashes_and_is_not_tried_again(engine, client, film, work_off):
    video = film("hardly-any-video.mp4", duration=60)
    assert backfill(client) == (1, 0)
    assert work_off() == ["completed"]
    made = row(engine, video)
    assert (made.phash, made.phash_revision, len(made.checksum_md5)) == (None, 1, 32)
    with engine.connect() as conn:
        warnings = conn.execute(select(JobEvent.message).where(JobEvent.level == "warn")).scalars().all()
    assert warnings == ["There is no perceptual hash of this video: No picture of it can be decoded"]
    assert backfill(client) == (0, 0)


def test_a_file_that_changes_meanwhile_is_hashed_again(engine, client, film, work_off, hashed, monkeypatch):
    video = film(duration=2)
    hashing = flow.fingerprint_file

    def change(*arguments):
        with engine.begin() as conn:
            conn.execute(update(Video).values(revision=2))
        return hashing(*arguments)

    monkeypatch.setattr(flow, "fingerprint_file", change)
    assert backfill(client) == (1, 0)
    assert work_off() == ["completed", "completed"]
    assert payloads(engine) == [{"phash": True}] * 2
    made = row(engine, video)
    assert (made.phash, made.phash_revision, made.fingerprint_revision) == (hashed, 2, 2)
