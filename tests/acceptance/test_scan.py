"""A real library, scanned by the whole system: what a person is promised of the first scan and of every one after."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

from deployments.join import marker
from deployments.sample_library import make
from tasks.media.audio.cover import CANDIDATE
from tests.acceptance.system import Darkroom, a_darkroom
from tests.waiting import until

QUEUES = {"media-probe", "fingerprint", "preview", "extract-subtitles"}
SCANS = {"library-scan", "gallery-scan", "audio-scan"}
OTHERS = {"image-thumbnail", "image-fingerprint", "audio-probe", "audio-fingerprint", "audio-waveform"}
BAD = {"Cut Short (2020).mp4", "Empty Reel.mkv"}
GOOD = 10


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    with a_darkroom() as darkroom:
        up = darkroom.run("up", "--detach")
        assert up.returncode == 0, up.stderr
        yield darkroom


@pytest.fixture(scope="module")
def library(darkroom: Darkroom) -> Path:
    return make(darkroom.home / "library")


@pytest.fixture(scope="module")
def first(darkroom: Darkroom, library: Path) -> dict:
    return darkroom.scanned(library)


def jobs_after(darkroom: Darkroom, job_id: int) -> set[tuple[str, str]]:
    found = darkroom.rows("SELECT queue_name, target_label FROM job_runs WHERE id > %s", job_id)
    return {(queue, Path(label).name) for queue, label in found}


def newest_job(darkroom: Darkroom) -> int:
    return int(darkroom.rows("SELECT max(id) FROM job_runs")[0][0])


def ids(darkroom: Darkroom) -> dict[str, int]:
    return {Path(path).name: video for video, path in darkroom.rows("SELECT id, file_path FROM videos")}


def long_film(path: Path, seconds: int = 900) -> Path:
    """A film whose preview takes a while: much to decode, made quickly by repeating what was encoded once."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    once = path.with_suffix(".once.mkv")
    source = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30:duration=10"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "300"]
    subprocess.run([ffmpeg, "-v", "error", "-y", *source, *encode, once], check=True)
    turns = str(seconds // 10 - 1)
    subprocess.run([ffmpeg, "-v", "error", "-y", "-stream_loop", turns, "-i", once, "-c", "copy", path], check=True)
    once.unlink()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_every_good_file_has_all_its_results_and_every_bad_one_is_one_failure_a_queue(darkroom, library, first):
    assert {queue: counts["failed"] for queue, counts in first["queues"].items()} == {
        **dict.fromkeys(SCANS | OTHERS, 0), **dict.fromkeys(QUEUES, len(BAD))
    }  # fmt: skip
    assert {counts["completed"] for queue, counts in first["queues"].items() if queue in QUEUES} == {GOOD}
    assert {Path(failure["target"]).name for failure in first["failures"]} == BAD
    assert all(failure["error"] for failure in first["failures"])
    complete = darkroom.rows(
        "SELECT count(*) FROM videos WHERE duration > 0 AND width > 0 AND codec IS NOT NULL AND oshash IS NOT NULL"
        " AND checksum_md5 IS NOT NULL AND thumbnail_path IS NOT NULL AND card_thumbnail_path IS NOT NULL"
        " AND preview_path IS NOT NULL AND sprite_path IS NOT NULL AND trickplay_vtt_path IS NOT NULL"
    )
    assert complete == [(GOOD,)]
    assert len(darkroom.rows("SELECT id FROM video_subtitles")) == 3


def test_the_files_that_the_database_names_exist_and_no_others(darkroom, first):
    named = {
        path
        for row in darkroom.rows(
            "SELECT thumbnail_path, card_thumbnail_path, preview_path, sprite_path, trickplay_vtt_path FROM videos"
        )
        for path in row
        if path
    }
    for column in (
        "video_subtitles.storage_path",
        "images.thumbnail_path",
        "audio_tracks.waveform_path",
        "audio_libraries.cover_path",
        "audio_tracks.cover_path",
    ):
        table, name = column.split(".")
        named |= {path for (path,) in darkroom.rows(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")}
    cache = darkroom.home / "cache"
    files = (path for path in cache.rglob("*") if path.is_file() and path.name not in {CANDIDATE, marker.NAME})
    assert named == {str(path.relative_to(cache)) for path in files}


def test_a_queues_run_that_the_scan_started_is_a_child_of_the_scans_run_in_prefect(darkroom, first):
    at_work = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}}
    until(lambda: not darkroom.prefect("flow_runs/count", at_work))
    found = {run["name"]: run for run in darkroom.prefect("flow_runs/filter", {}) if not run["auto_scheduled"]}
    scan = next(run for name, run in found.items() if name.startswith("library-scan"))
    assert scan["state"]["type"] == "COMPLETED"
    children = {name.split(":")[0] for name, run in found.items() if run["parent_task_run_id"]}
    assert children >= QUEUES | OTHERS
    assert all(run["state"]["type"] == "COMPLETED" for run in found.values())


def test_a_second_scan_enqueues_nothing(darkroom, library, first):
    assert darkroom.scanned(library)["enqueued"] == 0


def scans_after(darkroom: Darkroom, job_id: int) -> set[tuple[str, str, str]]:
    """The scans behind this job, when all of them are done: queue, target, who wanted them."""
    done = "SELECT queue_name, target_id, trigger FROM job_runs WHERE id > %s AND status = 'completed'"
    until(lambda: len(darkroom.rows(done, job_id)) == len(SCANS))
    return set(darkroom.rows(done, job_id))


def test_run_and_a_prefect_deployment_run_do_the_same(darkroom, library, first):
    before = newest_job(darkroom)
    deployment = darkroom.prefect("deployments/name/library-scan/library-scan")["id"]
    darkroom.prefect(f"deployments/{deployment}/create_flow_run", {})
    by_prefect = scans_after(darkroom, before)
    before = newest_job(darkroom)
    assert darkroom.asked("jobs/queues/library-scan/run", post=True)["enqueued"] == len(SCANS)
    assert by_prefect == scans_after(darkroom, before) == {(queue, "1", "manual") for queue in SCANS}


def test_a_renamed_folder_keeps_its_ids_and_enqueues_nothing(darkroom, library, first):
    before = ids(darkroom)
    (library / "Lanterns").rename(library / "Lanterns of Winter")
    assert darkroom.scanned(library)["enqueued"] == 0
    assert ids(darkroom) == before
    moved = darkroom.rows("SELECT count(*) FROM videos WHERE file_path LIKE %s", f"{library}/Lanterns of Winter/%")
    assert moved == [(3,)]


def test_a_touched_file_gets_its_own_jobs_and_no_others(darkroom, library, first):
    before = newest_job(darkroom)
    os.utime(library / "Staircase.mov", (1_700_001_000, 1_700_001_000))
    assert darkroom.scanned(library)["enqueued"] == len(QUEUES)
    assert jobs_after(darkroom, before) == {(queue, "Staircase.mov") for queue in QUEUES} | {
        (queue, library.name) for queue in SCANS
    }


def test_a_file_that_was_written_a_moment_ago_is_found_by_the_same_scan_that_waited_for_it(darkroom, library, first):
    shutil.copyfile(library / "Staircase.mov", library / "Staircase Again.mov")
    done = darkroom.scanned(library)
    assert done["queues"]["library-scan"]["completed"] == 2
    assert "Staircase Again.mov" in ids(darkroom)


def test_an_emptied_folder_changes_nothing_and_fails_its_scan_with_a_sentence(darkroom, library, first):
    before = darkroom.rows("SELECT id, missing_since FROM videos ORDER BY id")
    aside = library.with_name("aside")
    library.rename(aside)
    library.mkdir()
    try:
        done = darkroom.run("scan", str(library), "--wait", "--json")
    finally:
        library.rmdir()
        aside.rename(library)
    assert done.returncode == 1
    assert darkroom.rows("SELECT id, missing_since FROM videos ORDER BY id") == before
    assert "nothing was changed" in darkroom.rows("SELECT error FROM job_runs ORDER BY id DESC LIMIT 1")[0][0].lower()


def working_on(darkroom: Darkroom, word: str) -> list[psutil.Process]:
    """The processes that have this word in their command line and are no shells of ours."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(word in part for part in process.cmdline()) and "ffmpeg" in process.name():
                found.append(process)
    return found


def test_a_cancelled_preview_loses_its_ffmpeg_at_once_and_stays_cancelled(darkroom, first):
    films = darkroom.home / "films"
    films.mkdir()
    long_film(films / "Endless Night (2022).mkv")
    scan = threading.Thread(target=darkroom.run, args=("scan", str(films), "--wait", "--json"))
    scan.start()
    running = "SELECT id FROM job_runs WHERE queue_name = 'preview' AND status = 'running'"
    # the ledger is told of a start a moment after it
    until(lambda: working_on(darkroom, "Endless Night") and darkroom.rows(running))
    [(job,)] = darkroom.rows(running)
    darkroom.asked(f"jobs/{job}/cancel", post=True)
    until(lambda: not working_on(darkroom, "Endless Night"), seconds=5)
    status = "SELECT status FROM job_runs WHERE id = %s"
    until(lambda: darkroom.rows(status, job) == [("cancelled",)], seconds=10)
    scan.join(120)
    assert darkroom.rows(status, job) == [("cancelled",)]
    assert not list((darkroom.home / "cache" / "videos").glob("*/.*"))


def test_a_run_within_the_scans_run_that_is_cancelled_in_prefect_ends_at_once_and_the_scan_goes_on(darkroom, first):
    films = darkroom.home / "films"
    os.utime(films / "Endless Night (2022).mkv", (1_700_002_000, 1_700_002_000))
    scan = threading.Thread(target=darkroom.run, args=("scan", str(films), "--wait", "--json"))
    scan.start()
    running = "SELECT id, prefect_flow_run_id::text FROM job_runs WHERE queue_name = 'preview' AND status = 'running'"
    until(lambda: working_on(darkroom, "Endless Night") and darkroom.rows(running))
    [(job, run)] = darkroom.rows(running)
    darkroom.prefect(f"flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    until(lambda: not working_on(darkroom, "Endless Night"), seconds=10)
    until(lambda: darkroom.prefect(f"flow_runs/{run}")["state"]["type"] == "CANCELLED", seconds=20)
    scan.join(120)
    assert darkroom.rows("SELECT status FROM job_runs WHERE id = %s", job) == [("cancelled",)]
    runs = darkroom.prefect("flow_runs/filter", {"sort": "START_TIME_DESC"})
    assert next(each for each in runs if each["name"].startswith("library-scan"))["state"]["type"] == "COMPLETED"
