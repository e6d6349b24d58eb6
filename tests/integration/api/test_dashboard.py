"""`GET /api/jobs`: every number equals the table."""

from __future__ import annotations

import sys

from sqlalchemy import text

from db import ledger
from flows.queues import QUEUES
from tests.rows import add_folder, add_job, add_settings, add_video, ago


def fill(engine, *jobs):
    with engine.begin() as conn:
        return [add_job(conn, *job[:2], **(job[2] if len(job) > 2 else {})) for job in jobs]


def queue(answer, name):
    return next(queue for queue in answer["queues"] if queue["queueName"] == name)


def test_an_empty_ledger_has_every_queue_and_only_zeros(client):
    answer = client.get("/api/jobs").json()
    assert [queue["queueName"] for queue in answer["queues"]] == [queue.name for queue in QUEUES]
    assert answer["stats"] == {
        "running": 0,
        "backlog": 0,
        "ready": 0,
        "blocked": 0,
        "delayed": 0,
        "nextDelayedAt": None,
        "failures": 0,
        "failureKinds": 0,
        "cancelled": 0,
        "retainedDone": 0,
        "retrying": 0,
        "oldestAt": None,
    }
    assert all(answer[name] == [] for name in ("activeJobs", "failedJobs", "completedJobs", "failureGroups"))
    assert {queue["status"] for queue in answer["queues"]} == {"idle"}


def test_each_count_is_of_the_rows_that_its_name_says(engine, client):
    fill(
        engine,
        ("running", "preview"),
        ("running", "preview", {"cancel_requested_at": ago(1)}),
        ("queued", "preview"),
        ("queued", "preview", {"run_at": ago(-60)}),
        ("failed", "preview"),
        ("failed", "preview", {"cleared_at": ago(1)}),
        ("cancelled", "preview"),
        ("cancelled", "preview", {"cleared_at": ago(1)}),
        ("completed", "preview"),
        ("completed", "fingerprint"),
        ("failed", "fingerprint"),
    )
    answer = client.get("/api/jobs").json()
    counts = {name: queue(answer, "preview")[name] for name in COUNTS}
    assert counts == {
        "running": 2,
        "cancelling": 1,
        "queued": 1,
        "delayed": 1,
        "backlog": 2,
        "failed": 1,
        "cancelled": 1,
        "completed": 1,
        "slotsInUse": 2,
    }
    assert answer["stats"]["oldestAt"] is not None
    assert answer["stats"] | {"nextDelayedAt": None, "oldestAt": None} == {
        "running": 2,
        "backlog": 2,
        "ready": 1,
        "blocked": 0,
        "delayed": 1,
        "nextDelayedAt": None,
        "failures": 2,
        "failureKinds": 1,
        "cancelled": 1,
        "retainedDone": 2,
        "retrying": 0,
        "oldestAt": None,
    }
    assert queue(answer, "preview")["status"] == "warning"


COUNTS = ("running", "cancelling", "queued", "delayed", "backlog", "failed", "cancelled", "completed", "slotsInUse")


def test_lists_are_capped_and_totals_are_not(engine, client):
    fill(engine, *[("failed", "preview", {"finished_at": ago(number)}) for number in range(60)])
    fill(engine, *[("completed", "media-probe", {"finished_at": ago(number)}) for number in range(55)])
    answer = client.get("/api/jobs").json()
    assert (answer["stats"]["failures"], len(answer["failedJobs"])) == (60, 50)
    assert (answer["stats"]["retainedDone"], len(answer["completedJobs"])) == (55, 50)
    newest = [job["finishedAt"] for job in answer["completedJobs"]]
    assert newest == sorted(newest, reverse=True)


def test_recently_finished_is_newest_first_over_all_queues(engine, client):
    late, early, between = fill(
        engine,
        ("completed", "preview", {"finished_at": ago(1)}),
        ("completed", "preview", {"finished_at": ago(9)}),
        ("completed", "fingerprint", {"finished_at": ago(5)}),
    )
    assert [job["id"] for job in client.get("/api/jobs").json()["completedJobs"]] == [late, between, early]


def test_a_job_tells_what_its_times_amount_to(engine, client):
    ids = fill(
        engine,
        ("queued", "preview"),
        ("queued", "preview", {"run_at": ago(-60)}),
        ("running", "preview"),
        ("running", "preview", {"lease_expires_at": ago(1)}),
        ("running", "preview", {"cancel_requested_at": ago(1)}),
        ("failed", "preview"),
    )
    states = [client.get(f"/api/jobs/{job}").json()["state"] for job in ids]
    assert states == ["queued", "delayed", "running", "stuck", "cancelling", "failed"]


def test_a_dead_slot_is_not_in_use(engine, client):
    fill(engine, ("running", "preview", {"lease_expires_at": ago(1)}))
    assert queue(client.get("/api/jobs").json(), "preview")["slotsInUse"] == 0


def test_slots_follow_the_settings(engine, client):
    with engine.begin() as conn:
        add_settings(conn, background_worker_concurrency=3)
    slots = {queue["queueName"]: queue["slots"] for queue in client.get("/api/jobs").json()["queues"]}
    assert slots == {queue.name: (3 if queue.scales else 1) * queue.slots for queue in QUEUES}
    assert slots["preview"] == 3 * slots["scan_plex"] == 3


def test_lacking_counts_present_videos_that_no_unfinished_job_covers(engine, client):
    with engine.begin() as conn:
        root = add_folder(conn)
        add_video(conn, root)
        add_video(conn, root, preview_revision=1)
        add_video(conn, root, preview_revision=1, revision=2)
        add_video(conn, root, missing_since=ago(60))
        covered, failed = add_video(conn, root), add_video(conn, root)
        add_job(conn, "queued", "preview", target_id=str(covered))
        add_job(conn, "failed", "preview", target_id=str(failed))
    answer = client.get("/api/jobs").json()
    assert queue(answer, "preview")["lacking"] == 3
    assert queue(answer, "fingerprint")["lacking"] == 5
    assert queue(answer, "library-scan")["lacking"] == 0


def test_errors_that_differ_only_by_file_and_number_are_one_group(engine, client):
    errors = [
        ("/a/b c.mkv", "[Errno 12] Invalid data found: '/a/b c.mkv'\nline two"),
        ("/a/it's.mkv", "[Errno 7] Invalid data found: '/a/it's.mkv'"),
        ("/x.mkv", "[Errno 7] Invalid data found: '/elsewhere/y.mkv'"),
        ("/x.mkv", "Permission denied: /cache/1"),
        ("/x.mkv", "\n\n"),
    ]
    fill(engine, *[("failed", "preview", {"target_label": label, "error": error}) for label, error in errors])
    fill(engine, ("failed", "preview", {"error": "Permission denied: /cache/1", "cleared_at": ago(1)}))
    answer = client.get("/api/jobs").json()
    assert {group["kind"]: group["count"] for group in answer["failureGroups"]} == {
        "[Errno #] Invalid data found: …": 3,
        "Permission denied: …": 1,
        "No words": 1,
    }
    assert answer["failureGroups"][0]["count"] == 3
    assert answer["stats"]["failureKinds"] == 3
    assert {job["error"] for job in answer["failureGroups"][0]["jobs"]} == {error for _, error in errors[:3]}


def test_a_group_names_its_queues_and_its_span(engine, client):
    fill(
        engine,
        ("failed", "preview", {"error": "Same", "finished_at": ago(100)}),
        ("failed", "fingerprint", {"error": "Same", "finished_at": ago(1)}),
        ("failed", "preview", {"error": "Same", "finished_at": ago(50)}),
    )
    (group,) = client.get("/api/jobs").json()["failureGroups"]
    assert group["queues"] == ["Fingerprint", "Preview"]
    assert group["firstAt"] < group["lastAt"]
    assert group["lastAt"] == group["jobs"][0]["finishedAt"]


def test_cancelled_jobs_follow_the_failures_in_their_list(engine, client):
    cancelled, failed = fill(engine, ("cancelled", "preview", {"finished_at": ago(1)}), ("failed", "preview"))
    assert [job["id"] for job in client.get("/api/jobs").json()["failedJobs"]] == [failed, cancelled]


def test_the_schedule_is_the_settings_and_its_next_run_unknown_while_prefect_is_away(engine, client):
    assert client.get("/api/jobs").json()["schedule"] == {"enabled": False, "intervalMinutes": 60, "nextAt": None}
    with engine.begin() as conn:
        add_settings(conn, auto_scan_enabled=True, scan_interval_minutes=30)
        add_folder(conn, last_scanned_at=ago(600))
    answer = client.get("/api/jobs").json()
    assert answer["schedule"] == {"enabled": True, "intervalMinutes": 30, "nextAt": None}
    assert answer["roots"] == 1


def test_all_statements_of_the_dashboard_see_one_instant(engine, client, monkeypatch):
    module = sys.modules["db.dashboard.snapshot"]
    read_lists = module.active

    def write_in_between(conn):
        fill(engine, ("running", "preview"))
        return read_lists(conn)

    monkeypatch.setattr(module, "active", write_in_between)
    answer = client.get("/api/jobs").json()
    assert (answer["stats"]["running"], answer["activeJobs"]) == (0, [])
    assert client.get("/api/jobs").json()["stats"]["running"] == 1


def test_the_age_of_the_data_is_the_databases_clock(engine, client):
    with engine.connect() as conn:
        before = conn.execute(text("SELECT now()")).scalar_one()
    as_of = client.get("/api/jobs").json()["asOf"]
    with engine.connect() as conn:
        after = conn.execute(text("SELECT now()")).scalar_one()
    assert before.isoformat() <= as_of.replace("Z", "+00:00") <= after.isoformat()


def test_a_group_of_failures_says_how_many_there_were_by_the_hour_or_by_the_day(engine, client):
    with engine.begin() as conn:
        for seconds in (60, 90, 7200 + 60):
            add_job(conn, "failed", "preview", error="Young", finished_at=ago(seconds), started_at=ago(seconds + 1))
        for days in (0, 3, 3, 40):
            then = days * 86400 + 7200
            add_job(conn, "failed", "media-probe", error="Old", finished_at=ago(then), started_at=ago(then + 1))
    young, old = (
        next(each for each in client.get("/api/jobs").json()["failureGroups"] if each["kind"] == kind)
        for kind in ("Young", "Old")
    )
    assert (young["barSeconds"], len(young["bars"]), sum(young["bars"])) == (3600, 24, 3)
    assert [count for count in young["bars"] if count] in ([1, 2], [1, 1, 1])
    # the one of 40 days ago is counted, and is before the first bar
    assert (old["barSeconds"], len(old["bars"]), old["count"]) == (86400, 30, 4)
    assert [count for count in old["bars"] if count] == [2, 1]


def test_what_waits_in_paused_queues_is_told_apart_from_what_is_ready(engine, client):
    with engine.begin() as conn:
        for queue in ("preview", "preview", "fingerprint"):
            add_job(conn, "queued", queue)
        ledger.pause(conn, "preview", by="Ada")
    stats = client.get("/api/jobs").json()["stats"]
    assert (stats["backlog"], stats["ready"], stats["blocked"]) == (3, 3, 2)
    page = client.get("/").text
    assert "1 ready, the oldest due" in page
    assert "2 in paused queues" in page
    with engine.begin() as conn:
        ledger.pause(conn, by="Ada")
    assert client.get("/api/jobs").json()["stats"]["blocked"] == 3
