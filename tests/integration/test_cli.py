from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from darkroom.settings import settings
from db import ledger, paths
from deployments.cli.app import run
from deployments.up.lock import HomeLock
from flows.queues import BY_NAME, PRIORITY_MACHINE
from tests.rows import add_job
from tests.serve import serving, token
from tests.unit.cli.stub import Darkroom, Ran
from tests.waiting import until


@pytest.fixture
def api(engine: Engine) -> Iterator[str]:
    """The real application on a real database; Prefect is away."""
    with serving(engine) as (url, _):
        yield url


@pytest.fixture
def darkroom(engine: Engine, api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Darkroom:
    """The command line, as a function of its words."""
    monkeypatch.setenv("DARKROOM_URL", api)
    monkeypatch.setenv("DARKROOM_TOKEN", token(engine))

    def darkroom(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["darkroom", *words])
        code = run()
        return Ran(code, *capsys.readouterr())

    return darkroom


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


#: What scans a folder that is watched for every kind of media.
SCANS = ("library-scan", "gallery-scan", "audio-scan")


def each(status: str) -> list[tuple[str, str]]:
    return [(queue, status) for queue in SCANS]


def statuses(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text("SELECT queue_name, status FROM job_runs ORDER BY id"))]


def settle_next(engine: Engine, queue: str, kind: Any, then: list[ledger.FollowUp] | None = None, **end: Any) -> None:
    """Do a worker's part of the ledger's work on the next batch of a queue, as soon as there is one."""

    def settled() -> bool:
        with engine.begin() as conn:
            jobs = ledger.claim(conn, BY_NAME[queue], "worker")
            if not jobs:
                return False
            for job in jobs:
                ledger.start(conn, job.id, "worker")
            ledger.settle(conn, "worker", [ledger.Outcome(job.id, kind, **end) for job in jobs])
            first = jobs[0].id
            made = {"trigger": queue, "priority": PRIORITY_MACHINE, "parent_id": first, "origin_id": first}
            ledger.enqueue(conn, then or [], **made)
            return True

    until(settled, f"a batch of {queue}")


def test_a_folder_is_scanned_and_its_jobs_are_cancelled_retried_and_cleared(
    darkroom: Darkroom, engine: Engine, films: Path
) -> None:
    scanned = darkroom("scan", str(films), "--json")
    assert scanned.code == 0
    assert (scanned.json["enqueued"], scanned.json["skipped"]) == (3, 0)
    jobs = [str(job) for job in scanned.json["scans"]]

    assert "skipped 3" in darkroom("scan", str(films)).out
    assert [str(listed["id"]) for listed in darkroom("jobs", "--json").json["jobs"]] == jobs[::-1]
    assert darkroom("status", "--json").json["stats"]["backlog"] == 3

    assert darkroom("cancel", *jobs).code == 0
    assert statuses(engine) == each("cancelled")
    again = darkroom("cancel", jobs[0])
    assert (again.code, again.out, again.err.count("\n")) == (1, "", 1)

    assert darkroom("retry", *jobs).code == 0
    assert statuses(engine) == each("queued")
    for queue in SCANS:
        assert darkroom("cancel", "--queue", queue).code == 0
    assert darkroom("clear", "--all").out.startswith("Cleared 3 jobs.")
    assert darkroom("status", "--json").json["stats"]["cancelled"] == 0
    assert statuses(engine) == each("cancelled")


def test_run_enqueues_what_the_run_button_does(darkroom: Darkroom, engine: Engine, films: Path) -> None:
    assert darkroom("roots", "add", str(films)).code == 0
    ran = darkroom("run", "library-scan")
    assert (ran.code, ran.out.split(",")[0]) == (0, "Enqueued 3")
    assert statuses(engine) == each("queued")
    assert darkroom("cancel", "--all").code == 0
    assert statuses(engine) == each("cancelled")


def test_failed_jobs_of_a_queue_go_back(darkroom: Darkroom, engine: Engine, films: Path) -> None:
    job = darkroom("scan", str(films), "--json").json["scans"][0]
    settle_next(engine, "library-scan", "failed", error="The folder cannot be read.")
    shown = darkroom("job", str(job))
    assert "The folder cannot be read." in shown.out
    assert "The folder cannot be read." in darkroom("jobs", "--status", "failed").out
    assert darkroom("retry", "--queue", "library-scan").code == 0
    assert statuses(engine) == each("queued")


def test_waiting_for_a_scan_ends_when_all_that_follows_has_ended(
    darkroom: Darkroom, engine: Engine, films: Path
) -> None:
    label = paths.display(paths.to_text(os.fsencode(films) + b"/cut\xff.mp4"))
    probes = [ledger.FollowUp("media-probe", "1", "good.mp4"), ledger.FollowUp("media-probe", "2", label)]

    def work() -> None:
        settle_next(engine, "library-scan", "completed", probes, result={"found": 2})
        settle_next(engine, "media-probe", "failed", error="moov atom not found")
        settle_next(engine, "gallery-scan", "completed", result={"found": 0})
        settle_next(engine, "audio-scan", "completed", result={"found": 0})

    with ThreadPoolExecutor(1) as pool:
        worked = pool.submit(work)
        ran = darkroom("scan", str(films), "--wait", "--json")
        worked.result()
    assert (ran.code, ran.err) == (0, f"{films} is now a watched folder.\n")
    answer = ran.json
    assert answer.pop("seconds") > 0
    assert answer == {
        "enqueued": 2,
        "skipped": 0,
        "queues": {
            **{queue: {"completed": 1, "failed": 0, "cancelled": 0} for queue in SCANS},
            "media-probe": {"completed": 0, "failed": 2, "cancelled": 0},
        },
        "failures": [
            {"queue": "media-probe", "target": "good.mp4", "error": "moov atom not found"},
            {"queue": "media-probe", "target": label, "error": "moov atom not found"},
        ],
    }


def test_a_terminal_shows_bars(api: str, engine: Engine, films: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "deployments.cli", "scan", str(films), "--wait"]
    environment = os.environ | {"DARKROOM_URL": api, "DARKROOM_TOKEN": token(engine), "TERM": "xterm"}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as ran:
        os.close(theirs)
        settle_next(engine, "library-scan", "completed", [ledger.FollowUp("media-probe", "1", "[red]cut.mp4")])
        settle_next(engine, "media-probe", "failed", error="moov atom not found")
        for queue in SCANS[1:]:
            settle_next(engine, queue, "completed")
        shown = _read_all(ours)
    assert ran.returncode == 0
    assert "media-probe" in shown
    assert "━" in shown
    assert "1/1" in shown
    assert "[red]cut.mp4" in shown


def _read_all(terminal: int) -> str:
    read = b""
    try:
        while part := os.read(terminal, 65536):
            read += part
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    finally:
        os.close(terminal)
    return read.decode()


def test_asking_loads_neither_prefect_nor_sqlalchemy(engine: Engine, api: str) -> None:
    code = (
        "import sys; from deployments.cli.app import run; sys.argv = ['darkroom', 'status']; assert run() == 0;"
        "print(sorted({'prefect', 'sqlalchemy', 'fastapi', 'av'} & set(sys.modules)), file=sys.stderr)"
    )
    environment = os.environ | {"DARKROOM_URL": api, "DARKROOM_TOKEN": token(engine)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (ran.stderr, ran.returncode) == ("[]\n", 0)


@pytest.fixture
def home(engine: Engine, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of which this process is the worker."""
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DARKROOM_DATABASE_URL", database)
    monkeypatch.setenv("DARKROOM_WORKER_NAME", "darkroom-one")
    settings.cache_clear()
    ledger.place.cache_clear()
    yield tmp_path / "home"
    monkeypatch.undo()
    settings.cache_clear()
    ledger.place.cache_clear()


def test_a_worker_says_what_it_has_in_hand(darkroom: Darkroom, engine: Engine, home: Path) -> None:
    ran = darkroom("work", "--status")
    assert (ran.code, ran.out) == (1, "This machine does not work: darkroom work --detach starts it.\n")
    assert json.loads(darkroom("work", "--status", "--json").out) == {"works": False}
    flow = "11111111-1111-1111-1111-111111111111"
    with HomeLock(home) as lock:
        lock.take()
        works = f"This machine works as darkroom-one (process {os.getpid()}); darkroom down stops it."
        assert darkroom("work", "--status").out.splitlines() == [works, "It has nothing in hand."]
        with engine.begin() as conn:
            add_job(conn, "running", "fingerprint", target_label="/elsewhere.mkv", lease_owner="another:7:x")
            for number in range(3):
                add_job(conn, "queued", "preview", target_label=f"/films/{number}.mkv")
            owner = ledger.new_owner()
            ledger.flow_works(conn, "preview", flow, host=ledger.place(), pid=os.getpid())
            first, *_ = ledger.claim(conn, replace(BY_NAME["preview"], grain=2), owner)
            ledger.start(conn, first.id, owner)
        lines = darkroom("work", "--status").out.splitlines()
        assert re.match(rf"preview +[\d.]+ s +1 +1 +{flow}", lines[2])
        assert re.match(rf" *{first.id} +preview +0 % +[\d.]+ s +/films/0.mkv", lines[5])
        assert len(lines) == 6
        said = json.loads(darkroom("work", "--status", "--json").out)
    assert (said["works"], said["name"], said["pid"]) == (True, "darkroom-one", os.getpid())
    assert [(each["queueName"], each["flowRun"], each["running"], each["taken"]) for each in said["flows"]] == [
        ("preview", flow, 1, 1)
    ]
    assert [(each["id"], each["target"], each["progress"]) for each in said["jobs"]] == [(first.id, "/films/0.mkv", 0)]


def test_a_worker_whose_database_is_away_says_that_it_works(
    darkroom: Darkroom, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/darkroom")
    with HomeLock(home) as lock:
        lock.take()
        ran = darkroom("work", "--status")
        said = json.loads(darkroom("work", "--status", "--json").out)
    assert "This machine works as darkroom-one" in ran.out
    assert "At what cannot be told. The database does not answer" in ran.err
    assert (said["works"], said["flows"], said["jobs"]) == (True, None, None)


def test_a_second_wait_joins_the_scan_and_hears_why_it_takes_long(
    darkroom: Darkroom, engine: Engine, films: Path
) -> None:
    darkroom("scan", str(films))
    for queue in SCANS:
        settle_next(engine, queue, "retry", error="The disk is full.", delay=600)
    ran = darkroom("scan", str(films), "--wait", "--timeout", "1")
    assert ran.code == 1
    assert "library-scan 0/1\n" in ran.out
    delayed, unfinished = ran.err.splitlines()
    assert re.fullmatch(r"3 delayed, next in (9 min 5\d|10 min 00) s", delayed)
    assert unfinished.startswith("Unfinished after 1.0 s: 3 jobs.")


def test_folders_with_odd_names_are_added_listed_and_removed(darkroom: Darkroom, engine: Engine, films: Path) -> None:
    odd = os.fsdecode(os.fsencode(films) + b"/caf\xe9\n[bold]")
    Path(odd).mkdir()
    assert darkroom("roots", "add", odd).code == 0
    listed = darkroom("roots", "list")
    assert f"{films}/caf\N{REPLACEMENT CHARACTER}␊[bold]" in listed.out
    assert darkroom("scan", odd).code == 0
    inside = darkroom("scan", odd + "/Season 1")
    assert (inside.code, inside.out.count("is scanned whole")) == (0, 1)
    assert statuses(engine) == each("queued")
    assert darkroom("roots", "remove", odd).code == 0
    assert darkroom("roots", "list", "--json").json == {"libraries": []}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("job", "4711"), 1),
        (("cancel", "4711"), 1),
        (("retry", "4711"), 1),
        (("clear", "4711"), 1),
        (("scan", "/no/such/folder"), 2),
        (("scan", "/etc/passwd"), 2),
        (("roots", "add", "/no/such/folder"), 2),
        (("jobs", "--limit", "100001"), 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence(darkroom: Darkroom, words: tuple[str, ...], code: int) -> None:
    ran = darkroom(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert "Traceback" not in ran.err
