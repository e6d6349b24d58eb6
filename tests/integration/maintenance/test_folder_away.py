"""Jobs on files whose disk goes away under them."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from flows.engine import QueueRun
from flows.media import MediaWork
from flows.queues import BY_NAME, Retry
from flows.video import FingerprintWork, _probe
from tests.rows import add_job
from tests.threads import Threads

WORK = {"media-probe": lambda: MediaWork("media-probe", _probe), "fingerprint": FingerprintWork}


def work_off(house, name):
    """So that a retry is not waited for."""
    queue = replace(BY_NAME[name], retry=Retry(attempts=15, first_delay=3600, longest_delay=3600), heavy=False)
    QueueRun(house.engine, queue, WORK[name](), Threads(), str(uuid.uuid4())).work_off()


@pytest.fixture(params=WORK)
def queue(request, house):
    """A queue with a job on one of two files."""
    house.video("other.mkv")
    number = house.video("film.mkv")
    with house.engine.begin() as conn:
        add_job(conn, "queued", request.param, target_id=str(number), max_attempts=15)
    return request.param


@pytest.mark.parametrize("leaves_a_mount_point", [False, True])
def test_a_job_whose_whole_folder_is_away_is_tried_again_and_judged_when_it_is_back(house, queue, leaves_a_mount_point):
    aside = house.folder.with_name("aside")
    house.folder.rename(aside)
    if leaves_a_mount_point:
        house.folder.mkdir()
    work_off(house, queue)
    assert house.last().status == "queued"
    assert "mount its disk" in house.last().error

    if leaves_a_mount_point:
        house.folder.rmdir()
    aside.rename(house.folder)
    house.run("UPDATE job_runs SET run_at = now()")
    work_off(house, queue)
    assert house.last().status != "queued"
    assert "mount its disk" not in (house.last().error or "")


def test_a_job_whose_file_alone_is_gone_fails_for_good(house, queue):
    (house.folder / "film.mkv").unlink()
    work_off(house, queue)
    assert (house.last().status, house.last().error) == ("failed", "The file is gone")
