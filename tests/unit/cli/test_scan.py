from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.paths import to_text
from deployments.cli import client
from deployments.cli.chain import TOLD
from tests.unit.cli.stub import Darkroom, System, job, one_sentence

ROOT = "POST /api/libraries"
SCAN = "POST /api/libraries/7/scan"
CHAIN = "GET /api/jobs/1/chain"


def states(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("queued", "running", "completed", "failed", "cancelled"), 0) | counts


def chain(queues: dict[str, dict[str, int]], **more: Any) -> dict[str, Any]:
    """A chain as the API shows it."""
    pending, running = (sum(queue[word] for queue in queues.values()) for word in ("queued", "running"))
    facts = {"finished": pending + running == 0, "pending": pending, "running": running, "seconds": 1.5}
    return facts | {"enqueued": 3, "skipped": 1, "queues": queues, "failures": []} | more


BEGUN = chain({"library-scan": states(running=1)})
HALF = chain({"media-probe": states(queued=1, running=1, completed=1), "library-scan": states(completed=1)})
FAILURE = {"queue": "media-probe", "target": "/media/films/[red]cut.mp4", "error": "moov atom not found"}
FAILURES = [FAILURE, FAILURE | {"queue": "preview"}]
DONE = chain({"media-probe": states(completed=2, failed=1), "library-scan": states(completed=1)}, failures=FAILURES)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder that is there and not yet watched."""
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


def watch(system: System, *paths: Path) -> None:
    known = [{"id": 7 + n, "path": to_text(path), "label": path.name} for n, path in enumerate(paths)]
    system.on("GET /api/libraries", {"libraries": known})


def scanned(system: System, *chains: dict[str, Any], **scan: Any) -> None:
    """The scan is job 1, and its chain goes through these states."""
    system.on(SCAN, {"enqueued": 1, "skipped": 0, "scans": [1], "message": "Enqueued 1, skipped 0."})
    system.on("GET /api/jobs/1", job(1, result={"new": 3, "found": 4, "missing": 0}, **scan))
    for state in chains:
        system.on(CHAIN, state)


def test_a_watched_folder_is_scanned_and_not_added(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system)
    ran = darkroom("scan", str(films))
    assert (ran.code, ran.out, ran.err) == (0, "Enqueued 1, skipped 0.\n", "")
    assert system.requests() == ["GET /api/libraries", SCAN]


def test_a_folder_reached_through_a_link_is_the_watched_one(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system)
    link = films.parent / "link"
    link.symlink_to(films)
    assert darkroom("scan", str(link)).code == 0
    assert system.requests() == ["GET /api/libraries", SCAN]


def test_inside_a_watched_folder_the_whole_of_it_is_scanned_and_that_is_said(
    system: System, darkroom: Darkroom, films: Path
) -> None:
    watch(system, films)
    scanned(system)
    ran = darkroom("scan", str(films / "Show" / "Season 1"))
    assert ran.code == 0
    assert f"lies in the watched folder {films}, which is scanned whole." in ran.out
    assert ROOT not in system.requests()


def test_a_folder_whose_name_only_begins_alike_is_another_one(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films.parent / "film")
    system.on(ROOT, {"id": 7, "path": str(films)}, 201)
    scanned(system)
    darkroom("scan", str(films))
    assert ROOT in system.requests()


def test_an_unknown_folder_becomes_a_watched_one_first(
    system: System, darkroom: Darkroom, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(system)
    system.on(ROOT, {"id": 7, "path": str(films)}, 201)
    scanned(system)
    monkeypatch.chdir(films.parent)
    ran = darkroom("scan", "films")
    assert ran.out == f"{films} is now a watched folder.\nEnqueued 1, skipped 0.\n"
    assert system.asked[1] == (ROOT, {}, {"path": str(films)})


def test_a_folder_with_odd_bytes_is_sent_so_that_it_is_found_and_printed_safely(
    system: System, darkroom: Darkroom, tmp_path: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \x1b[31m\n[bold]")
    watch(system)
    system.on(ROOT, {"id": 7, "path": to_text(odd)}, 201)
    scanned(system)
    ran = darkroom("scan", odd)
    assert ran.code == 0
    assert system.asked[1][2] == {"path": to_text(odd)}
    assert ran.out.splitlines()[0] == f"{tmp_path}/caf\N{REPLACEMENT CHARACTER} ␛[31m␊[bold] is now a watched folder."


def test_a_folder_that_the_system_refuses_is_wrong_usage(system: System, darkroom: Darkroom) -> None:
    watch(system)
    system.on(ROOT, {"error": {"code": "invalid", "message": "There is no folder /nope."}}, 422)
    ran = darkroom("scan", "/nope")
    assert (ran.code, one_sentence(ran)) == (2, "There is no folder /nope.")


def test_wait_shows_a_line_for_each_change_then_what_was_found_and_failed(
    system: System, darkroom: Darkroom, films: Path
) -> None:
    watch(system, films)
    scanned(system, BEGUN, HALF, HALF, DONE)
    ran = darkroom("scan", str(films), "--wait")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:5] == [
        "library-scan 0/1",
        "library-scan 1/1",
        "media-probe 1/3",
        "media-probe 3/3",
        "Library scan of /media/films: 4 found, 3 new",
    ]
    assert lines[7].split() == ["media-probe", "2", "1", "0"]
    assert "1 target failed:" in lines
    assert lines[-1].split("  ") == ["/media/films/[red]cut.mp4", "moov atom not found", "media-probe, preview"]


def test_of_many_failures_the_first_are_told_and_the_rest_counted(
    system: System, darkroom: Darkroom, films: Path
) -> None:
    watch(system, films)
    failures = [FAILURE | {"target": f"{n}.mp4"} for n in range(TOLD + 3)]
    scanned(system, chain({"media-probe": states(failed=TOLD + 3)}, failures=failures))
    lines = darkroom("scan", str(films), "--wait").out.splitlines()
    assert lines[-2].startswith(f"{TOLD - 1}.mp4")
    assert lines[-1] == "and 3 more; `darkroom jobs --status failed` lists them."


def test_wait_as_json_ends_with_the_one_object(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system, BEGUN, HALF, DONE)
    ran = darkroom("scan", str(films), "--wait", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {
        "enqueued": 3,
        "skipped": 1,
        "seconds": 1.5,
        "queues": {
            "library-scan": {"completed": 1, "failed": 0, "cancelled": 0},
            "media-probe": {"completed": 2, "failed": 1, "cancelled": 0},
        },
        "failures": FAILURES,
    }


@pytest.mark.parametrize(
    ("ended", "sentence"),
    [
        ({"status": "failed", "error": "The root is empty but was not."}, "The root is empty but was not."),
        ({"status": "cancelled", "error": None}, "The scan was cancelled."),
    ],
)
def test_a_scan_that_did_not_work_is_1_with_its_sentence(
    system: System, darkroom: Darkroom, films: Path, ended: dict[str, Any], sentence: str
) -> None:
    watch(system, films)
    scanned(system, chain({"library-scan": states(**{ended["status"]: 1})}), **ended)
    ran = darkroom("scan", str(films), "--wait", "--json")
    assert (ran.code, ran.err) == (1, sentence + "\n")
    assert ran.json["queues"]["library-scan"][ended["status"]] == 1


def test_scans_that_are_under_way_are_joined(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    ended = {"enqueued": 0, "skipped": 2, "scans": [], "message": "Enqueued 0, skipped 2."}
    system.on(SCAN, ended)
    system.on(SCAN, ended | {"scans": [1, 5]})
    for job_id in (1, 5):
        system.on(f"GET /api/jobs/{job_id}", job(job_id))
    system.on(CHAIN, DONE)
    ran = darkroom("scan", str(films), "--wait", "--json")
    assert (ran.code, ran.json["enqueued"]) == (0, 3)
    assert (CHAIN, {"also": "5"}, None) in system.asked


def test_each_scan_says_what_it_found_and_one_that_failed_is_the_commands_error(
    system: System, darkroom: Darkroom, films: Path
) -> None:
    watch(system, films)
    system.on(SCAN, {"enqueued": 2, "skipped": 0, "scans": [1, 2], "message": "Enqueued 2, skipped 0."})
    system.on("GET /api/jobs/1", job(1, result={"found": 4}))
    failed = {"status": "failed", "error": "The folder is empty.", "queueLabel": "Audio scan"}
    system.on("GET /api/jobs/2", job(2, **failed))
    system.on(CHAIN, DONE)
    ran = darkroom("scan", str(films), "--wait")
    assert (ran.code, ran.err) == (1, "The folder is empty.\n")
    assert {"Library scan of /media/films: 4 found", "Audio scan of /media/films"} <= set(ran.out.splitlines())


def test_a_folder_that_is_switched_off_is_not_waited_for(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    system.on(SCAN, {"enqueued": 0, "skipped": 0, "scans": [], "message": "There are no folders to scan."})
    ran = darkroom("scan", str(films), "--wait")
    assert (ran.code, one_sentence(ran)) == (1, f"{films} was not scanned: There are no folders to scan.")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_waiting_for_a_delayed_retry_is_said(
    system: System, darkroom: Darkroom, films: Path, words: tuple[str, ...]
) -> None:
    watch(system, films)
    delayed = chain({"media-probe": states(queued=2, completed=1), "library-scan": states(completed=1)})
    scanned(system, delayed, delayed, DONE)
    soon, late = ((datetime.now(UTC) + timedelta(seconds=seconds)).isoformat() for seconds in (40.4, 900))
    waiting = [job(3, state="delayed", runAt=late), job(2, state="delayed", runAt=soon)]
    system.on("GET /api/jobs/search", {"jobs": waiting, "nextBefore": None})
    ran = darkroom("scan", str(films), "--wait", *words)
    assert (ran.code, ran.err) == (0, "2 delayed, next in 40 s\n")
    assert ("GET /api/jobs/search", {"origin": "1", "status": "delayed", "limit": "100"}, None) in system.asked


def test_after_the_timeout_it_is_1_and_what_is_left_is_said(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system, HALF)
    ran = darkroom("scan", str(films), "--wait", "--timeout", "0", "--json")
    assert ran.code == 1
    assert ran.json["queues"]["media-probe"]["completed"] == 1
    assert ran.err == "Unfinished after 0.0 s: 2 jobs. The work goes on; `darkroom status` shows it.\n"


def test_a_system_that_comes_back_is_waited_for(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system)
    system.on(CHAIN, HALF)
    system.on(CHAIN, {"error": {"code": "database_away", "message": "The database is away."}}, 503)
    system.on(CHAIN, DONE)
    assert darkroom("scan", str(films), "--wait", "--json").code == 0


def test_a_system_that_stays_away_is_one_sentence(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    scanned(system)
    system.on(CHAIN, {"error": {"code": "database_away", "message": "The database is away."}}, 503)
    ran = darkroom("scan", str(films), "--wait")
    assert (ran.code, one_sentence(ran)) == (1, "The database is away.")


def test_who_interrupts_the_waiting_hears_that_the_scan_goes_on(
    system: System, darkroom: Darkroom, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    watch(system, films)
    scanned(system, HALF)
    monkeypatch.setattr(client.Client, "chain", interrupt)
    ran = darkroom("scan", str(films), "--wait")
    assert ran.code == 130
    assert one_sentence(ran).startswith("The scan goes on")


def test_folders_are_listed_added_and_removed(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system, films)
    system.answers["GET /api/libraries"][0][1]["libraries"][0]["lastScannedAt"] = None
    system.on(ROOT, {"id": 8, "path": str(films / "new")}, 201)
    system.on("DELETE /api/libraries/7", b"", 204)
    assert darkroom("roots", "list").out.splitlines()[1].split() == ["7", str(films), "films", "never"]
    assert json.loads(darkroom("roots", "list", "--json").out)["libraries"][0]["id"] == 7
    assert darkroom("roots", "add", str(films / "new"), "--label", "New").out == f"Watching {films}/new.\n"
    assert system.asked[-1][2] == {"path": f"{films}/new", "label": "New"}
    assert darkroom("roots", "remove", str(films)).out == f"{films} is watched no longer.\n"
    assert system.asked[-1][0] == "DELETE /api/libraries/7"


def test_removing_a_folder_that_is_not_watched_is_1(system: System, darkroom: Darkroom, films: Path) -> None:
    watch(system)
    ran = darkroom("roots", "remove", str(films))
    assert ran.code == 1
    assert one_sentence(ran) == f"{films} is no watched folder; `darkroom roots list` shows them."
